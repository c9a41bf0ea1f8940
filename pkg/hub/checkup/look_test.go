package checkup_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/hub/hubtest"
)

// hubPod is a hub pod that is ready.
func hubPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "hub-5d8b-x", Namespace: clustertest.Namespace, Labels: map[string]string{"component": "hub"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "proxy"}, {Name: "hub"}}},
		Status: corev1.PodStatus{
			Phase:      corev1.PodRunning,
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}
}

// look looks at a Hub that hubtest plays, in a cluster with these objects.
func look(t *testing.T, h *hubtest.Hub, prepare func(*fake.Clientset), objects ...runtime.Object) *checkup.Evidence {
	t.Helper()
	return lookWithin(t, 5*time.Second, h, prepare, objects...)
}

func lookWithin(t *testing.T, patience time.Duration, h *hubtest.Hub, prepare func(*fake.Clientset), objects ...runtime.Object) *checkup.Evidence {
	t.Helper()
	kube := fake.NewClientset(objects...)
	if prepare != nil {
		prepare(kube)
	}
	client := &cluster.Client{Kube: kube, Where: cluster.Location{Namespace: clustertest.Namespace}, Now: clustertest.Now}
	evidence, err := checkup.Look(context.Background(), client, checkup.Options{
		Hub: hub.Options{URL: h.URL, Token: hubtest.Token}, Since: time.Hour, Patience: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	return evidence
}

// unseen are the names of what could not be seen.
func unseen(e *checkup.Evidence) string {
	var names []string
	for _, missing := range e.Unseen {
		names = append(names, missing.What)
	}
	return strings.Join(names, ", ")
}

// TestWhatFailsIsNamed looks from every side, and goes on where one is closed.
func TestWhatFailsIsNamed(t *testing.T) {
	t.Parallel()
	forbid := func(verb, resource, sub string) func(*fake.Clientset) {
		return func(kube *fake.Clientset) {
			kube.PrependReactor(verb, resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
				if action.GetSubresource() != sub {
					return false, nil, nil
				}
				return true, nil, apierrors.NewForbidden(corev1.Resource(resource), "", nil)
			})
		}
	}
	refuse := func(code int, path string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, path) {
					hubtest.Refuse(w, code, "no")
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	for name, tc := range map[string]struct {
		around  func(http.Handler) http.Handler
		prepare func(*fake.Clientset)
		missing string
		judged  func(*checkup.Evidence) bool
	}{
		"every question fails": {
			refuse(500, "/"), nil, "what the Hub knows",
			func(e *checkup.Evidence) bool { return !e.API.Answers && e.API.Code == 500 && e.Pods.Seen },
		},
		"the list fails": {
			refuse(500, "/users"), nil, "the Hub's servers",
			func(e *checkup.Evidence) bool { return e.API.Answers && e.API.List != "" && !e.Drift.Seen },
		},
		"the token may not list": {
			refuse(403, "/users"), nil, "the Hub's servers",
			func(e *checkup.Evidence) bool { return e.API.Answers && e.API.List == "" && !e.Drift.Seen },
		},
		"pods may not be listed": {
			nil, forbid("list", "pods", ""), "the hub pod",
			func(e *checkup.Evidence) bool { return e.API.Answers && !e.Pod.Seen && !e.Drift.Seen },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hubtest.Start(t)
			if tc.around != nil {
				h.Wrap(tc.around)
			}
			e := look(t, h, tc.prepare, hubPod())
			if !strings.Contains(unseen(e), tc.missing) || !tc.judged(e) {
				t.Errorf("unseen: %s\n%+v", unseen(e), e)
			}
			if got := checkup.Judge(e).Verdict; got == checkup.Healthy && e.Log == nil && !e.Drift.Seen {
				t.Error("healthy, for want of sight")
			}
		})
	}
}

// TestEverySideIsSeen compares a pod with the Hub's servers.
func TestEverySideIsSeen(t *testing.T) {
	t.Parallel()
	pod := clustertest.UserPod("a", "o/r", time.Hour)
	e := look(t, hubtest.Start(t), nil, hubPod(), pod)
	if !e.Drift.Seen || e.Drift.Certain[hub.Orphan] != 1 || e.Pods.Total != 1 || !e.Pod.Ready || e.Log == nil {
		t.Errorf("%+v, unseen: %s", e, unseen(e))
	}
}

// TestHubThatHangs asks a silent Hub once, and not again.
func TestHubThatHangs(t *testing.T) {
	t.Parallel()
	h := hubtest.Start(t)
	h.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	})
	e := lookWithin(t, 100*time.Millisecond, h, nil, hubPod())
	if e.API.Failed != 1 || !e.API.Hangs {
		t.Errorf("%+v", e.API)
	}
	if report := checkup.Judge(e); report.Verdict != checkup.Down || !strings.HasPrefix(report.Reason, "the Hub hangs: no answer within") {
		t.Errorf("%s: %s", report.Verdict, report.Reason)
	}
}
