package pods

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// ailing is a server with a pod that crashes, what surrounds it, and rules about
// what the operator may not read.
type ailing struct {
	events    []corev1.Event
	forbidden []string // beginnings of paths
	log       func(w http.ResponseWriter, r *http.Request)
}

func (a ailing) start(t *testing.T, pods ...*corev1.Pod) *clustertest.Server {
	t.Helper()
	server := clustertest.Start(t, pods...)
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", clustertest.Now().Format(http.TimeFormat))
			resource := path.Base(r.URL.Path)
			switch {
			case slices.ContainsFunc(a.forbidden, func(s string) bool { return strings.HasPrefix(r.URL.Path+"?", s) }):
				clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource(resource), "", nil))
			case resource == "events":
				list := corev1.EventList{TypeMeta: metav1.TypeMeta{Kind: "EventList", APIVersion: "v1"}}
				for _, event := range a.events {
					if strings.Contains(r.URL.Path, "/namespaces/"+event.Namespace+"/") || r.URL.Path == "/api/v1/events" {
						list.Items = append(list.Items, event)
					}
				}
				answer(w, list)
			case r.URL.Path == "/api/v1/nodes":
				answer(w, corev1.NodeList{TypeMeta: metav1.TypeMeta{Kind: "NodeList", APIVersion: "v1"}})
			case r.URL.Path == "/api/v1/namespaces":
				answer(w, corev1.NamespaceList{
					TypeMeta: metav1.TypeMeta{Kind: "NamespaceList", APIVersion: "v1"},
					Items:    []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "kube-system"}}, {ObjectMeta: metav1.ObjectMeta{Name: "prod"}}},
				})
			case resource == "log" && a.log != nil:
				a.log(w, r)
			default:
				next.ServeHTTP(w, r)
			}
		})
	})
	return server
}

func answer(w http.ResponseWriter, object any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object)
}

func happened(reason, message string, count int32, first, last time.Duration) corev1.Event {
	return corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "prod", Name: reason + message},
		InvolvedObject: corev1.ObjectReference{UID: "proxy-1", FieldPath: "spec.containers{main}"},
		Reason:         reason, Message: message, Count: count,
		FirstTimestamp: metav1.NewTime(clustertest.Now().Add(-first)), LastTimestamp: metav1.NewTime(clustertest.Now().Add(-last)),
	}
}

func proxyPod() *corev1.Pod {
	pod := service("prod", "ReplicaSet/proxy-fd9c4f59b", "proxy-1", "node-1")
	pod.Labels = map[string]string{"app": "jupyterhub", "component": "proxy", "pod-template-hash": "fd9c4f59b"}
	crashing(pod)
	return pod
}

func TestCrashloops(t *testing.T) {
	t.Parallel()
	healthy := service("kube-system", "DaemonSet/fluentd", "fluentd-1", "node-1")
	leaving := service("prod", "DaemonSet/old", "old", "node-1")
	crashing(leaving)
	leaving.DeletionTimestamp, leaving.Finalizers = new(metav1.NewTime(clustertest.Now().Add(30*time.Second))), []string{"a/b"}
	server := ailing{
		events: []corev1.Event{
			happened("BackOff", "Back-off restarting failed container", 5, 33*time.Second, 5*time.Second),
			happened("BackOff", "Back-off restarting failed container main", 2, time.Minute, 40*time.Second),
			happened("Unhealthy", "Readiness probe failed: connection refused", 1, 9*time.Second, 9*time.Second),
			happened("Failed", "Error: ImagePullBackOff", 7, time.Minute, 0),
			happened("FailedSync", "Error syncing pod", 5, time.Minute, 0),
		},
		log: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("previous") != "true" || r.URL.Query().Get("container") != "main" {
				t.Errorf("asked for the log with %s", r.URL.RawQuery)
			}
			fmt.Fprint(w, "one\n\ntwo token=gdsecret-1\nthree\n")
		},
	}.start(t, proxyPod(), healthy, leaving)
	client := server.Connect("", "", cluster.Options{Now: func() time.Time { return clustertest.Now().Add(5 * hour) }}) // a clock that is wrong
	got, err := Crashloops(t.Context(), client, "", CrashloopOptions{Since: hour, Lines: 2})
	if err != nil {
		t.Fatal(err)
	}
	now := clustertest.Now()
	want := Diagnosis{
		At: now,
		Findings: []Finding{{
			Namespace: "prod", Pod: "proxy-1", UID: "proxy-1", Kind: cluster.Proxy, Container: "main", Role: cluster.Main,
			Image: "proxy-fd9c4f59b:1", Status: "CrashLoopBackOff", Restarts: 13,
			Death:   &Death{Reason: "OOMKilled", ExitCode: 137, Signal: "SIGKILL", Ended: now.Add(-time.Minute)},
			BackOff: &Repeats{7, now.Add(-time.Minute), now.Add(-5 * time.Second), "Back-off restarting failed container"},
			Probe:   &Repeats{1, now.Add(-9 * time.Second), now.Add(-9 * time.Second), "Readiness probe failed: connection refused"},
			Owner:   cluster.Owner{Kind: "Deployment", Name: "proxy"}, Node: "node-1", Created: now.Add(-240 * hour),
			Log: Log{Lines: []string{"two token=…", "three"}, Previous: true},
		}},
		Bursts: []Burst{}, Common: []Factor{}, Apart: []Trait{}, Sick: Sick{Pods: 1, Failing: 1}, Pods: 2, Namespaces: 2,
		Unseen: []string{}, Missing: []string{},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Death{}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".standing" }, cmp.Ignore())); diff != "" {
		t.Errorf("diagnosis (-want +got):\n%s", diff)
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	refuse := func(err *apierrors.StatusError) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { clustertest.Refuse(w, err) }
	}
	for _, test := range []struct {
		name string
		log  func(http.ResponseWriter, *http.Request)
		want Log
	}{
		{"there is none of the run before", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("previous") == "true" {
				clustertest.Refuse(w, apierrors.NewBadRequest("previous terminated container \"main\" not found"))
				return
			}
			fmt.Fprint(w, "now")
		}, Log{Lines: []string{"now"}}},
		{"the pod is gone", refuse(apierrors.NewNotFound(corev1.Resource("pods"), "proxy-1")), Log{Lines: []string{}, Note: "the pod is gone"}},
		{"forbidden", refuse(apierrors.NewForbidden(corev1.Resource("pods/log"), "proxy-1", nil)), Log{Lines: []string{}, Note: "you may not read it"}},
		{"the kubelet does not answer", refuse(apierrors.NewInternalError(http.ErrHandlerTimeout)), Log{Lines: []string{}, Note: "the node did not give it"}},
		{"nothing was logged", func(http.ResponseWriter, *http.Request) {}, Log{Lines: []string{}, Previous: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := ailing{log: test.log}.start(t, proxyPod())
			got, err := Crashloops(t.Context(), server.Client(""), "", CrashloopOptions{Since: hour, Lines: 2})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Findings[0].Log); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if forbidden := test.want.Note == "you may not read it"; forbidden != (len(got.Missing) == 1) {
				t.Errorf("missing: %q", got.Missing)
			}
		})
	}
}

func TestCrashloopsWithFewerRights(t *testing.T) {
	t.Parallel()
	backOff := []corev1.Event{happened("BackOff", "Back-off", 5, time.Minute, 0)}
	for _, test := range []struct {
		name      string
		forbidden []string
		unseen    []string
		missing   []string
		backOff   bool
	}{
		{"all rights", nil, []string{}, []string{}, true},
		{
			"no events",
			[]string{"/api/v1/events", "/api/v1/namespaces/kube-system/events", "/api/v1/namespaces/prod/events"},
			[]string{},
			[]string{"you may not read events: how often containers were backed off, and probes failed, is not known"},
			false,
		},
		{"no nodes", []string{"/api/v1/nodes"}, []string{}, []string{"you may not read nodes: zones and node pools are not compared"}, true},
		{
			"one namespace alone",
			[]string{"/api/v1/pods?", "/api/v1/events", "/api/v1/namespaces/kube-system/"},
			[]string{"kube-system"},
			[]string{},
			true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := ailing{events: backOff, forbidden: test.forbidden}.start(t, proxyPod())
			got, err := Crashloops(t.Context(), server.Client(""), "", CrashloopOptions{Since: hour})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.unseen, got.Unseen); diff != "" {
				t.Errorf("unseen (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.missing, got.Missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if known := got.Findings[0].BackOff != nil; known != test.backOff {
				t.Errorf("the back-off is known: %v", known)
			}
		})
	}
}

func TestCrashloopsMayReadNothing(t *testing.T) {
	t.Parallel()
	server := ailing{forbidden: []string{"/"}}.start(t)
	if _, err := Crashloops(t.Context(), server.Client(""), "", CrashloopOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("error %v, want that it is forbidden", err)
	}
}

func TestCause(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		finding Finding
		want    string
	}{
		{Finding{Status: "CrashLoopBackOff", Death: &Death{Reason: "OOMKilled", ExitCode: 137, Signal: "SIGKILL"}}, "OOMKilled 137"},
		{Finding{Status: "CrashLoopBackOff", Death: &Death{Reason: "Error", ExitCode: 139, Signal: "SIGSEGV"}}, "SIGSEGV 139"},
		{Finding{Status: "Running", Death: &Death{Reason: "Error", ExitCode: 1}}, "Error 1"},
		{Finding{Status: "Terminated", Death: &Death{Reason: "Completed"}}, "Completed 0"},
		{Finding{Status: "CrashLoopBackOff"}, "CrashLoopBackOff"},
		{Finding{Status: "ImagePullBackOff"}, "ImagePullBackOff"},
		{Finding{Status: "ImagePullBackOff", Death: &Death{Reason: "Error", ExitCode: 1}}, "ImagePullBackOff"},
	} {
		if got := test.finding.Cause(); got != test.want {
			t.Errorf("cause of %+v is %q, want %q", test.finding, got, test.want)
		}
	}
}

func TestContainersAreTakenApart(t *testing.T) {
	t.Parallel()
	pod := proxyPod()
	always := corev1.ContainerRestartPolicyAlways
	for _, name := range []string{"setup", "mesh"} {
		container := corev1.Container{Name: name, Image: name + ":1"}
		if name == "mesh" {
			container.RestartPolicy = &always
		}
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, container)
		status := pod.Status.ContainerStatuses[0]
		status.Name = name
		pod.Status.InitContainerStatuses = append(pod.Status.InitContainerStatuses, status)
	}
	town := newTown(1).add(pod)
	got := map[string]cluster.Role{}
	for _, f := range town.diagnose().Findings {
		got[f.Container] = f.Role
	}
	want := map[string]cluster.Role{"setup": cluster.Init, "mesh": cluster.Sidecar, "main": cluster.Main}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failing containers (-want +got):\n%s", diff)
	}
}
