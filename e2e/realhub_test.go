package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/e2e/realhub"
)

// realHub is a place with a real JupyterHub.
type realHub struct {
	*place
	*realhub.Hub
}

// realHubScenario is a BinderHub whose Hub is left to somebody else.
const realHubScenario = `
title: A real Hub
namespace: prod
nodes:
- {pool: user, count: 2, labels: {hub.jupyter.org/node-purpose: user}, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d}
workloads:
- kind: Deployment
  name: hub
  labels: {app: jupyterhub, component: hub, release: prod}
  annotations: {gameday.binderctl/keep-pending: "true"}
  age: 3d
  containers: [{name: hub, image: "quay.io/jupyterhub/k8s-hub:4.2.0", port: 8081, requests: {cpu: 10m, memory: 100Mi}}]
- kind: Deployment
  name: proxy
  labels: {app: jupyterhub, component: proxy, release: prod}
  age: 3d
  containers: [{name: chp, image: "quay.io/jupyterhub/configurable-http-proxy:5.3.0", port: 8001, requests: {cpu: 10m, memory: 100Mi}}]
hub:
  program: none
  values:
`

// shortPatience has starts and stops given up after 15 s, so that nobody waits for
// the chart's 300.
const shortPatience = "singleuser: {startTimeout: 15}"

// hubTools is where make test-hub installs JupyterHub.
func hubTools() (string, error) { return filepath.Abs(filepath.Join("..", ".cache", "hub")) }

// startRealHub starts a game day and a real Hub on it. What values are given,
// as lines of YAML, are those of its Helm chart; shortPatience is one of them
// unless they say how patient it is.
func startRealHub(t *testing.T, values ...string) *realHub {
	t.Helper()
	if !slices.ContainsFunc(values, func(s string) bool { return strings.HasPrefix(s, "singleuser:") }) {
		values = append(values, shortPatience)
	}
	scenario := realHubScenario + "    " + strings.Join(values, "\n    ") + "\n"
	p := placeIn(t, ownGameDay(t, scenario), "prod")
	tools, err := hubTools()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	home := t.TempDir()
	hub, err := realhub.Start(ctx, realhub.Options{Tools: tools, Day: p.dir, Home: home})
	if err != nil {
		said := func(name string) []byte { text, _ := os.ReadFile(filepath.Join(home, name)); return text }
		t.Fatalf("%v\nthe Hub's log:\n%s\nthe proxy's:\n%s", err, said("hub.log"), said("proxy.log"))
	}
	t.Cleanup(func() {
		keepLog(t, hub)
		if err := hub.Stop(); err != nil {
			t.Error(err)
		}
	})
	p.secrets = append(p.secrets, hub.Tokens.Binder, hub.Tokens.Ops, hub.Tokens.Proxy)
	return &realHub{place: p, Hub: hub}
}

// keepLogs is the variable that names a folder in which the logs of the Hubs of
// all tests are kept: e2e/testdata/hublog was made of them.
const keepLogs = "BINDERCTL_KEEP_HUB_LOGS"

// keepLog shows the Hub's log when a test fails, and keeps it if asked to.
func keepLog(t *testing.T, hub *realhub.Hub) {
	t.Helper()
	text := readFile(t, hub.History())
	if t.Failed() {
		t.Logf("the Hub's log:\n%s", text)
	}
	if folder := os.Getenv(keepLogs); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, t.Name()+".log"), []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// launch launches servers side by side and returns their users.
func (h *realHub) launch(t *testing.T, users ...string) {
	t.Helper()
	errs := make(chan error, len(users))
	for _, user := range users {
		go func() { errs <- h.Launch(t.Context(), user) }()
	}
	for range users {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// user is what the Hub says of a user.
func (h *realHub) user(t *testing.T, name string) *realhub.User {
	t.Helper()
	user, err := h.User(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// podOf is a user's pod, or nil.
func (h *realHub) podOf(t *testing.T, user string) *corev1.Pod {
	t.Helper()
	all := h.all(t)
	for i := range all {
		if isUser(&all[i]) && all[i].Annotations["hub.jupyter.org/username"] == user {
			return &all[i]
		}
	}
	return nil
}

// hold has a finalizer hold a pod back when it is deleted, and returns what
// lets it go.
func (h *realHub) hold(t *testing.T, pod string) (letGo func()) {
	t.Helper()
	patch := func(finalizers string) {
		t.Helper()
		text := fmt.Sprintf(`{"metadata": {"finalizers": %s}}`, finalizers)
		_, err := h.kube.CoreV1().Pods(h.place.namespace).Patch(context.Background(), pod, types.MergePatchType, []byte(text), metav1.PatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	patch(`["gameday.binderctl/stuck"]`)
	return func() { t.Helper(); patch("null") }
}

// logged waits until the Hub has said something, as often as is asked.
func (h *realHub) logged(t *testing.T, pattern string, times int) {
	t.Helper()
	line := regexp.MustCompile(pattern)
	eventually(t, fmt.Sprintf("the Hub says %d times: %s", times, pattern), func() bool {
		log, err := h.Log()
		return err == nil && len(line.FindAllString(log, times)) == times
	})
}

// readyHub is the hub pod, if there is one that is Ready.
func (h *realHub) readyHub(t *testing.T) *corev1.Pod {
	t.Helper()
	all := h.all(t)
	for i := range all {
		if pod := &all[i]; pod.Labels["component"] == "hub" && pod.DeletionTimestamp == nil && isReady(pod) {
			return pod
		}
	}
	return nil
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// restart has the hub pod replaced and waits until the new one is Ready;
// meanwhile happens while no Hub runs.
func (h *realHub) restart(t *testing.T, meanwhile func()) {
	t.Helper()
	old := h.readyHub(t)
	h.delete(t, old.Name)
	if meanwhile != nil {
		meanwhile()
	}
	eventually(t, "the new hub pod is Ready", func() bool {
		pod := h.readyHub(t)
		return pod != nil && pod.UID != old.UID
	})
}

// blind has the Hub's watches die: it goes on, and sees no pod any more. The
// pauses after which they try again double from 0.2 s to 25.6 s, 51 s in all. What
// else watches, such as the nodes, takes as long again to come back.
func (h *realHub) blind(t *testing.T) {
	t.Helper()
	if err := h.gameday("stop", "apiserver"); err != nil {
		t.Fatal(err)
	}
	h.logged(t, "Watching resources never recovered, giving up", 2)
	if err := h.gameday("start", "apiserver"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the API server answers", func() bool {
		_, err := h.kube.CoreV1().Pods(h.place.namespace).List(context.Background(), metav1.ListOptions{Limit: 1})
		return err == nil
	})
}
