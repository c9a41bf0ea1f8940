package cluster_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func kubeconfig() clientcmdapi.Config {
	return clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{
			"c": {Server: "https://user:secret@api.example.org:6443"},
		},
		Contexts: map[string]*clientcmdapi.Context{
			"prod":    {Cluster: "c", Namespace: "binder"},
			"staging": {Cluster: "c"},
		},
		CurrentContext: "prod",
	}
}

func TestConnectSaysWhere(t *testing.T) {
	t.Parallel()
	const server = "https://api.example.org:6443" // without the password
	for name, tc := range map[string]struct {
		context, namespace string
		want               cluster.Location
	}{
		"as configured":       {"", "", cluster.Location{Context: "prod", Server: server, Namespace: "binder"}},
		"another namespace":   {"", "other", cluster.Location{Context: "prod", Server: server, Namespace: "other"}},
		"another context":     {"staging", "", cluster.Location{Context: "staging", Server: server}},
		"both":                {"staging", "other", cluster.Location{Context: "staging", Server: server, Namespace: "other"}},
		"the very default":    {"staging", "default", cluster.Location{Context: "staging", Server: server, Namespace: "default"}},
		"the current context": {"prod", "", cluster.Location{Context: "prod", Server: server, Namespace: "binder"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overrides := &clientcmd.ConfigOverrides{CurrentContext: tc.context}
			overrides.Context.Namespace = tc.namespace
			client, err := cluster.Connect(clientcmd.NewDefaultClientConfig(kubeconfig(), overrides), cluster.Options{Context: tc.context, Now: clustertest.Now})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, client.Where); diff != "" {
				t.Errorf("Where (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConnectToNothing(t *testing.T) {
	t.Parallel()
	connect := func(config clientcmdapi.Config, context string) error {
		_, err := cluster.Connect(clientcmd.NewDefaultClientConfig(config, &clientcmd.ConfigOverrides{CurrentContext: context}), cluster.Options{Context: context})
		return err
	}
	if err := connect(clientcmdapi.Config{}, ""); !errors.Is(err, cluster.ErrNoConfig) {
		t.Errorf("without a kubeconfig: %v, want ErrNoConfig", err)
	}
	unchosen := kubeconfig()
	unchosen.CurrentContext = ""
	err := connect(unchosen, "")
	choose, ok := errors.AsType[*cluster.NoContextError](err)
	if !ok || !errors.Is(err, cluster.ErrNoConfig) || !slices.Equal(choose.Contexts, []string{"prod", "staging"}) {
		t.Errorf("without a current context: %v, want the contexts there are", err)
	}
	if err := connect(kubeconfig(), "nowhere"); err == nil || errors.Is(err, cluster.ErrNoConfig) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("with a context that is not there: %v, want an error that names it", err)
	}
}

func TestConnectAsksInTheWayOfBinderctl(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t)
	var mu sync.Mutex
	var headers []http.Header
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			headers = append(headers, r.Header.Clone())
			mu.Unlock()
			w.Header().Set("Warning", `299 - "old API"`)
			next.ServeHTTP(w, r)
		})
	})
	var warnings []string
	client := server.Connect("binder", "", cluster.Options{
		UserAgent: "binderctl/1.0", Now: clustertest.Now,
		Warn: func(text string) { warnings = append(warnings, text) },
	})
	for range 30 { // more than client-go's own limiter lets pass in a second
		if _, err := client.Kube.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if got := headers[0].Get("User-Agent"); got != "binderctl/1.0" {
		t.Errorf("User-Agent %q", got)
	}
	if got := headers[0].Get("Accept"); !strings.HasPrefix(got, runtime.ContentTypeProtobuf) {
		t.Errorf("Accept %q", got)
	}
	if diff := cmp.Diff([]string{"old API"}, warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if got := client.Requests(); got != 30 {
		t.Errorf("%d requests were counted", got)
	}
}

func TestDeletePod(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t)
	client := server.Client(clustertest.Namespace)
	remove := func(uid string, opts cluster.DeleteOptions) error {
		server.Create(clustertest.UserPod("a", "", time.Hour))
		return client.DeletePod(t.Context(), clustertest.Namespace, "a", clustertest.UserPod(uid, "", 0).UID, opts)
	}
	there := func() bool { return server.Pod(clustertest.Namespace, "a") != nil }

	if err := remove("a", cluster.DeleteOptions{DryRun: true}); err != nil || !there() {
		t.Errorf("a dry run: %v, still there %v", err, there())
	}
	if err := remove("b", cluster.DeleteOptions{}); !apierrors.IsConflict(err) || !there() {
		t.Errorf("a namesake: %v, still there %v", err, there())
	}
	if err := remove("a", cluster.DeleteOptions{}); err != nil || there() {
		t.Errorf("the pod: %v, still there %v", err, there())
	}
	server.Linger()
	if err := remove("a", cluster.DeleteOptions{}); err != nil || !there() {
		t.Errorf("with grace: %v, still there %v", err, there())
	}
	if err := remove("a", cluster.DeleteOptions{GracePeriod: new(int64)}); err != nil || there() {
		t.Errorf("by force: %v, still there %v", err, there())
	}
	if err := client.DeletePod(t.Context(), clustertest.Namespace, "a", "uid-of-a", cluster.DeleteOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("one that is gone: %v", err)
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	permission := cluster.Permission{Verb: "delete", Resource: "pods", Namespace: "binder"}
	for name, tc := range map[string]struct {
		status authorizationv1.SubjectAccessReviewStatus
		fails  error
		want   string
	}{
		"allowed":                   {authorizationv1.SubjectAccessReviewStatus{Allowed: true}, nil, ""},
		"denied":                    {authorizationv1.SubjectAccessReviewStatus{}, nil, "you may not delete pods in namespace binder"},
		"a server that cannot tell": {authorizationv1.SubjectAccessReviewStatus{EvaluationError: "webhook"}, nil, ""},
		"a server that will not":    {authorizationv1.SubjectAccessReviewStatus{}, errors.New("no"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kube := fake.NewClientset()
			kube.PrependReactor("create", "selfsubjectaccessreviews", func(action kubetesting.Action) (bool, runtime.Object, error) {
				review := action.(kubetesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview)
				if asked := review.Spec.ResourceAttributes; asked.Verb != "delete" || asked.Resource != "pods" || asked.Namespace != "binder" {
					t.Errorf("asked about %+v", asked)
				}
				review.Status = tc.status
				return true, review, tc.fails
			})
			err := (&cluster.Client{Kube: kube}).Require(t.Context(), permission)
			if tc.want == "" {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			missing, ok := errors.AsType[*cluster.MissingPermissionError](err)
			if !ok || err.Error() != tc.want || missing.Permission != permission {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
	if got := (cluster.Permission{Verb: "list", Resource: "pods"}).String(); got != "list pods in all namespaces" {
		t.Errorf("everywhere is %q", got)
	}
	if got := (cluster.Permission{Verb: "patch", Resource: "nodes"}).String(); got != "patch nodes" {
		t.Errorf("what is in no namespace is %q", got)
	}
}

func TestOperator(t *testing.T) {
	t.Parallel()
	kube := fake.NewClientset()
	answer, fails := &authenticationv1.SelfSubjectReview{}, error(nil)
	answer.Status.UserInfo.Username = "alice"
	kube.PrependReactor("create", "selfsubjectreviews", func(kubetesting.Action) (bool, runtime.Object, error) { return true, answer, fails })
	client := &cluster.Client{Kube: kube}
	if got := client.Operator(t.Context()); got != "alice" {
		t.Errorf("Operator = %q", got)
	}
	fails = errors.New("an old server")
	if got := client.Operator(t.Context()); got != "" {
		t.Errorf("Operator = %q of a server that does not say", got)
	}
}

func TestHubNamespaces(t *testing.T) {
	t.Parallel()
	hub := func(namespace, name, app string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name, Labels: map[string]string{"app": app, "component": "hub"},
		}}
	}
	kube := fake.NewClientset(
		hub("staging", "hub-1", "jupyterhub"), hub("prod", "hub-1", "jupyterhub"), hub("prod", "hub-2", "jupyterhub"),
		hub("harbor", "hub", "harbor"), clustertest.UserPod("user", "", 0),
	)
	got, err := (&cluster.Client{Kube: kube}).HubNamespaces(t.Context())
	if diff := cmp.Diff([]string{"prod", "staging"}, got); diff != "" || err != nil {
		t.Errorf("HubNamespaces: %v (-want +got):\n%s", err, diff)
	}
}

// TestBinderHubsComeFirst: a JupyterHub beside a BinderHub is not the one that
// is meant.
func TestBinderHubsComeFirst(t *testing.T) {
	t.Parallel()
	pod := func(namespace, app, component string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: component, Labels: map[string]string{"app": app, "component": component},
		}}
	}
	kube := fake.NewClientset(
		pod("teaching", "jupyterhub", "hub"),
		pod("prod", "jupyterhub", "hub"), pod("prod", "binder", "binder"),
	)
	got, err := (&cluster.Client{Kube: kube}).HubNamespaces(t.Context())
	if diff := cmp.Diff([]string{"prod"}, got); diff != "" || err != nil {
		t.Errorf("HubNamespaces: %v (-want +got):\n%s", err, diff)
	}
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	const ahead = 5 * time.Hour
	server := clustertest.Start(t, clustertest.UserPod("a", "", 0))
	client := server.Connect(clustertest.Namespace, "1m", cluster.Options{Now: func() time.Time { return clustertest.Now().Add(ahead) }})
	if skew := client.ClockSkew(); skew != 0 {
		t.Errorf("skew of %s before there was an answer", skew)
	}
	if _, err := client.Kube.CoreV1().Pods(clustertest.Namespace).List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	if skew := client.ClockSkew(); skew != ahead {
		t.Errorf("skew %s, want %s", skew, ahead)
	}
	if now := client.ServerNow(); !now.Equal(clustertest.Now()) {
		t.Errorf("the server's time is told as %s", now)
	}
}
