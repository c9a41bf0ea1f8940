package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// The pods in testdata were made by KubeSpawner itself.
func TestRealUserPods(t *testing.T) {
	t.Parallel()
	type known struct {
		Kind             Kind
		User, Server     string
		Repo             Repo
		Image, Doubt     string
		ChosenBySelector bool
	}
	ligo := Repo{"minrk/ligo-binder", "https://github.com/minrk/ligo-binder", FromSpec}
	const ligoImage = "oci.2i2c.mybinder.org/mybinder-builds/i-minrk-2dligo-2dbinder-65ba8f:596b52f10efb0c9befc0c4ae850cc5175297d71c"
	for file, want := range map[string]known{
		"userpod-kubespawner6.json":                               {User, "minrk-ligo-binder-ab12cd34", "", ligo, ligoImage, "", true},
		"userpod-kubespawner7-minrk-ligo-binder-ab12cd34.json":    {User, "minrk-ligo-binder-ab12cd34", "", ligo, ligoImage, "", true},
		"userpod-kubespawner7-2i2c-org-some.repo_x-564nkskl.json": {User, "2i2c-org-some.repo_x-564nkskl", "", ligo, ligoImage, "", true},
		"userpod-live-kubespawner7-apiserver1.36.json": {
			User, "fake-repo-kep6dkoe", "",
			Repo{"example.com/fake/repo", "https://example.com/fake/repo.git", FromSpec},
			"reg.example/mybinder-builds/i-rick-2dmorty-a104b7:1a2b3c4d5e6f", "", true,
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			pod := readPod(t, file)
			got := known{
				KindOf(pod), Username(pod), Servername(pod), RepoOf(pod), Image(pod), Doubt(pod),
				selects(t, UserSelector, pod.Labels),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what is known (-want +got):\n%s", diff)
			}
		})
	}
}

// Without the URL that BinderHub writes, the names still tell something, and
// what they tell is called a guess.
func TestRealUserPodsWithoutTheURL(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]Repo{
		"userpod-kubespawner6.json":                               {"minrk-ligo-binder", "", FromUsername},
		"userpod-kubespawner7-2i2c-org-some.repo_x-564nkskl.json": {"2i2c-org-some.repo_x", "", FromUsername},
		"userpod-live-kubespawner7-apiserver1.36.json":            {"fake-repo", "", FromUsername},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			pod := readPod(t, file)
			pod.Spec.Containers[0].Env = nil
			if diff := cmp.Diff(want, RepoOf(pod)); diff != "" {
				t.Errorf("RepoOf (-want +got):\n%s", diff)
			}
		})
	}
}

func readPod(t *testing.T, file string) *corev1.Pod {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	pod := &corev1.Pod{}
	if err := json.Unmarshal(text, pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func selects(t *testing.T, selector string, set map[string]string) bool {
	t.Helper()
	parsed, err := labels.Parse(selector)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Matches(labels.Set(set))
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	z2jh := func(component string) map[string]string {
		return map[string]string{"app": "jupyterhub", "component": component, "release": "binder"}
	}
	binderhub := func(component string) map[string]string {
		return map[string]string{"app": "binder", "component": component, "name": component, "release": "binder"}
	}
	for name, tc := range map[string]struct {
		labels         map[string]string
		want           Kind
		infrastructure bool
	}{
		"a user's server":               {z2jh("singleuser-server"), User, false},
		"a build":                       {map[string]string{"component": "binderhub-build", "name": "build-x"}, Build, false},
		"the Hub":                       {z2jh("hub"), Hub, true},
		"the proxy":                     {z2jh("proxy"), Proxy, true},
		"the proxy's certificates":      {z2jh("autohttps"), Proxy, true},
		"mybinder's proxy-patches":      {map[string]string{"app": "proxy-patches", "component": "proxy-patches"}, Proxy, true},
		"BinderHub":                     {binderhub("binder"), Binder, true},
		"a node's builder":              {binderhub("image-builder"), Builder, true},
		"a node's builder, formerly":    {binderhub("dind"), Builder, true},
		"the image cleaner":             {binderhub("image-cleaner"), Cleaner, true},
		"the user scheduler":            {z2jh("user-scheduler"), Scheduler, true},
		"a placeholder":                 {z2jh("user-placeholder"), Placeholder, true},
		"the continuous puller":         {z2jh("continuous-image-puller"), Puller, true},
		"the hook puller":               {z2jh("hook-image-puller"), Puller, true},
		"the hook's awaiter":            {z2jh("image-puller"), Puller, true},
		"the standard label alone":      {map[string]string{"app.kubernetes.io/component": "hub"}, Hub, true},
		"the chart's label comes first": {map[string]string{"app.kubernetes.io/component": "hub", "component": "proxy"}, Proxy, true},
		"mybinder's nginx":              {map[string]string{"app": "redirector", "component": "nginx"}, Other, false},
		"the federation's redirector":   {map[string]string{"app": "federation-redirect"}, Other, false},
		"a monitor":                     {map[string]string{"app.kubernetes.io/component": "controller"}, Other, false},
		"a volume's component":          {z2jh("singleuser-storage"), Other, false},
		"no labels":                     {nil, Other, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := KindOf(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: tc.labels}})
			if got != tc.want || got.Infrastructure() != tc.infrastructure {
				t.Errorf("KindOf = %s, infrastructure %v; want %s, %v", got, got.Infrastructure(), tc.want, tc.infrastructure)
			}
			if found := selects(t, UserSelector, tc.labels); found != (tc.want == User) {
				t.Errorf("%s finds it: %v", UserSelector, found)
			}
			if found := selects(t, BuildSelector, tc.labels); found != (tc.want == Build) {
				t.Errorf("%s finds it: %v", BuildSelector, found)
			}
			if found := selects(t, UserBuildSelector, tc.labels); found != (tc.want == User || tc.want == Build) {
				t.Errorf("%s finds it: %v", UserBuildSelector, found)
			}
		})
	}
}

func TestDoubt(t *testing.T) {
	t.Parallel()
	user := func() *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Labels:      map[string]string{"app": "jupyterhub", "component": "singleuser-server"},
			Annotations: map[string]string{"hub.jupyter.org/username": "alice"},
		}}
	}
	build := func() *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"component": "binderhub-build"}}}
	}
	owner := func(controller bool) []metav1.OwnerReference {
		return []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "hub-abc", Controller: &controller}}
	}
	for name, tc := range map[string]struct {
		pod  *corev1.Pod
		spec func(pod *corev1.Pod)
		want string
	}{
		"a user's server":                {user(), func(*corev1.Pod) {}, ""},
		"a build":                        {build(), func(*corev1.Pod) {}, ""},
		"an owner that controls nothing": {user(), func(p *corev1.Pod) { p.OwnerReferences = owner(false) }, ""},
		"a server that is controlled":    {user(), func(p *corev1.Pod) { p.OwnerReferences = owner(true) }, "controlled by ReplicaSet hub-abc"},
		"a build that is controlled":     {build(), func(p *corev1.Pod) { p.OwnerReferences = owner(true) }, "controlled by ReplicaSet hub-abc"},
		"a server without the app":       {user(), func(p *corev1.Pod) { delete(p.Labels, "app") }, "no label app=jupyterhub"},
		"a server of another app":        {user(), func(p *corev1.Pod) { p.Labels["app"] = "other" }, "no label app=jupyterhub"},
		"a server without the component": {user(), func(p *corev1.Pod) { delete(p.Labels, "component") }, "no label component=singleuser-server"},
		"a server by the standard label": {user(), func(p *corev1.Pod) {
			p.Labels = map[string]string{"app": "jupyterhub", "app.kubernetes.io/component": "singleuser-server"}
		}, "no label component=singleuser-server"},
		"a server without the user":         {user(), func(p *corev1.Pod) { p.Annotations = nil }, "no annotation hub.jupyter.org/username"},
		"a server whose label has the user": {user(), func(p *corev1.Pod) { p.Annotations, p.Labels["hub.jupyter.org/username"] = nil, "alice" }, "no annotation hub.jupyter.org/username"},
		"the Hub":                           {user(), func(p *corev1.Pod) { p.Labels["component"] = "hub" }, "no label component=singleuser-server"},
		"no labels":                         {&corev1.Pod{}, func(*corev1.Pod) {}, "no label component=singleuser-server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.spec(tc.pod)
			if got := Doubt(tc.pod); got != tc.want {
				t.Errorf("Doubt = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestImageIsOfTheMainContainer(t *testing.T) {
	t.Parallel()
	containers := func(pairs ...string) *corev1.Pod {
		pod := &corev1.Pod{}
		for i := 0; i < len(pairs); i += 2 {
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: pairs[i], Image: pairs[i+1]})
		}
		return pod
	}
	for name, tc := range map[string]struct {
		pod  *corev1.Pod
		want string
	}{
		"a notebook beside another": {containers("proxy", "a", "notebook", "b"), "b"},
		"a builder beside another":  {containers("proxy", "a", "builder", "b"), "b"},
		"the first of others":       {containers("one", "a", "two", "b"), "a"},
		"none":                      {containers(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Image(tc.pod); got != tc.want {
				t.Errorf("Image = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestServername(t *testing.T) {
	t.Parallel()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{ServernameKey: "second"}}}
	if got := Servername(pod); got != "second" {
		t.Errorf("Servername = %q", got)
	}
}
