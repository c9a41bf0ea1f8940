package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/e2e/realhub"
)

// hubScenario is a small BinderHub with a Hub that answers. What is added says
// what it knows.
const hubScenario = `
title: A Hub
namespace: prod
seed: 11
nodes:
- {pool: user, count: 2, labels: {hub.jupyter.org/node-purpose: user}, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d}
repos:
- {url: https://github.com/ipython/ipython-in-depth, weight: 3}
- {url: https://github.com/bokeh/bokeh-notebooks}
workloads:
- {kind: Deployment, name: hub, labels: {app: jupyterhub, component: hub}, age: 1d, containers: [{name: hub, image: "hub:1", port: 8081}]}
- {kind: Deployment, name: proxy, labels: {app: jupyterhub, component: proxy}, age: 1d, containers: [{name: chp, image: "chp:1", port: 8000}]}
services:
- {name: hub, selector: {app: jupyterhub, component: hub}, port: 8081}
- {name: proxy-api, selector: {app: jupyterhub, component: proxy}, port: 8001}
`

// hubDay is a game day with a Hub, and an operator of it.
func hubDay(t *testing.T, more string) *place {
	t.Helper()
	day := ownGameDay(t, hubScenario+more)
	return placeIn(t, day, "prod")
}

// fault turns a fault of the Hub on or off.
func (p *place) fault(t *testing.T, name, state string) {
	t.Helper()
	if err := p.gameday("fault", name, state); err != nil {
		t.Fatal(err)
	}
}

// hubUsers asks the Hub itself who has a server, past binderctl: their names and
// what each server is in the middle of. It is nil if the Hub does not answer.
func (p *place) hubUsers(t *testing.T) map[string]string {
	t.Helper()
	ctx := context.Background()
	secret, err := p.kube.CoreV1().Secrets(p.namespace).Get(ctx, "hub", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ HubPort int }
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(p.dir, "info.json"))), &info); err != nil {
		t.Fatal(err)
	}
	api := realhub.API(fmt.Sprintf("http://127.0.0.1:%d/hub/api", info.HubPort))
	answer, err := api.Ask(ctx, string(secret.Data["hub.services.binder.apiToken"]), http.MethodGet, "/users?state=active&limit=200", nil)
	if err != nil {
		return nil
	}
	var users []realhub.User
	if err := json.Unmarshal(answer.Body, &users); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, user := range users {
		for _, server := range user.Servers {
			found[user.Name] = server.Pending
		}
	}
	return found
}

// older are the user pods that have been there for two hours.
func (p *place) older(t *testing.T) []string {
	t.Helper()
	return p.pods(t, func(pod *corev1.Pod) bool {
		return isUser(pod) && time.Since(pod.CreationTimestamp.Time) > 2*time.Hour
	})
}

// hubPod is the name of the hub pod.
func (p *place) hubPod(t *testing.T) string {
	t.Helper()
	names := p.pods(t, func(pod *corev1.Pod) bool { return pod.Labels["component"] == "hub" && pod.DeletionTimestamp == nil })
	if len(names) != 1 {
		t.Fatalf("hub pods: %q", names)
	}
	return names[0]
}

// noted checks that binderctl's journal says something.
func (p *place) noted(t *testing.T, what string) {
	t.Helper()
	if !strings.Contains(readFile(t, filepath.Join(p.home, ".local/state/binderctl/journal.ndjson")), what) {
		t.Errorf("the journal does not say %q", what)
	}
}

func TestCullThroughTheHub(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {slowStop: 1s}
userPods:
- {count: 12, age: 3h-5h}
- {count: 6, age: 3h-5h, hub: lost}
- {count: 10, age: 10m-1h}
`)
	before, old := p.everything(t), p.older(t)
	p.run(t, "pods", "cull", "--older-than", "4h", "--yes").exits(0).
		says(`way: \d+ through the Hub \(a tunnel to pod hub-\S+\); \d+ that it does not know through Kubernetes`).
		prints(`^pods: \d+ deleted`)
	p.run(t, "pods", "cull", "--older-than", "2h", "--via", "hub", "--yes").exits(0).prints(`^pods: \d+ deleted`).
		prints(`skipped .*the Hub does not know it`).says(`stay, as the Hub does not know them; whether it lost them: binderctl pods orphans`)
	p.run(t, "pods", "cull", "--older-than", "2h", "--yes").exits(0)
	p.lostOnly(t, before, p.namespace, old)
	if users := p.hubUsers(t); len(users) != 10 {
		t.Errorf("the Hub believes in %d servers, want 10: %v", len(users), users)
	}
	if left := len(p.users(t)); left != 10 {
		t.Errorf("%d user pods are left, want 10", left)
	}
	p.noted(t, "through the Hub")
}

// A pod that bears the name of somebody else's server is ended, and the server is
// not: the Hub, which goes by names, is left out of it.
func TestCullThroughTheHubOfANamesake(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {slowStop: 1s}
userPods:
- {count: 5, age: 3h-5h}
`)
	ctx := context.Background()
	users := p.users(t)
	owner, err := p.kube.CoreV1().Pods(p.namespace).Get(ctx, users[0], metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stray := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "stray", Labels: owner.Labels, Annotations: owner.Annotations},
		Spec:       corev1.PodSpec{NodeName: owner.Spec.NodeName, Containers: []corev1.Container{{Name: "notebook", Image: "notebook:1"}}},
	}
	if _, err := p.kube.CoreV1().Pods(p.namespace).Create(ctx, stray, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	p.run(t, "pods", "cull", "--name", "stray", "--older-than", "0s", "--via", "hub", "--yes").exits(0).
		prints(`the Hub does not know it`).prints(`^pods: 1 skipped`)
	p.run(t, "pods", "cull", "--name", "stray", "--older-than", "0s", "--yes").exits(0).prints(`^pods: 1 deleted`)
	if left := p.users(t); fmt.Sprint(left) != fmt.Sprint(users) || len(p.hubUsers(t)) != 5 {
		t.Errorf("left: %q, want %q", left, users)
	}
}

// A Hub that dies half-way is not waited for.
func TestCullPastAHubThatDies(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {slowStop: 1s}
userPods:
- {count: 60, age: 3h-5h}
- {count: 5, age: 10m-1h}
`)
	before, old := p.everything(t), p.older(t)
	cull := p.start(t, nil, "pods", "cull", "--older-than", "2h", "--yes")
	eventually(t, "the cull has begun", func() bool { return len(p.users(t)) < 65 })
	p.fault(t, "down", "on")
	cull.wait().exits(0).says(`warning: the Hub went away half-way; the rest goes straight`).prints(`^pods: 60 deleted`)
	p.lostOnly(t, before, p.namespace, old)
}

// What a Hub says is not what is. The scenario's Hub answers and does nothing.
func TestCullThroughAHubThatLies(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {slowStop: 1s}
userPods:
- {count: 12, age: 3h-5h}
- {count: 5, age: 10m-1h}
`)
	p.fault(t, "stop-lies", "on")
	p.run(t, "pods", "cull", "--older-than", "2h", "--via", "hub", "--limit", "3", "--timeout", "2s", "--yes").exits(1).
		prints(`the Hub was asked to stop it, and it is still there`).says(`3 of 3 pods still terminating`)
	if left := len(p.users(t)); left != 17 {
		t.Fatalf("%d user pods are left, want all 17", left)
	}
	p.run(t, "pods", "cull", "--older-than", "2h", "--yes").exits(0).prints(`^pods: 12 deleted`)
	if left := len(p.users(t)); left != 5 {
		t.Errorf("%d user pods are left, want 5", left)
	}
}

func TestCullPastAHubThatIsDown(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {}
userPods:
- {count: 8, age: 3h-5h}
- {count: 5, age: 10m-1h}
`)
	before, old := p.everything(t), p.older(t)
	p.fault(t, "down", "on")
	p.run(t, "pods", "cull", "--older-than", "2h", "--via", "hub", "--yes").exits(1).
		says(`the Hub does not answer`).says(`past the Hub: --via kubernetes`)
	p.lostOnly(t, before, p.namespace, nil)
	p.run(t, "pods", "cull", "--older-than", "2h", "--yes").exits(0).
		says(`warning: straight through Kubernetes, past the Hub: .*does not answer`).prints(`^pods: 8 deleted`)
	p.lostOnly(t, before, p.namespace, old)
}

// A Hub that has lost sight of most pods is no way to end them.
func TestCullPastAHubThatIsBlind(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {}
userPods:
- {count: 20, age: 3h-5h, hub: lost}
- {count: 5, age: 3h-5h}
`)
	p.run(t, "pods", "cull", "--older-than", "2h", "--yes", "-o", "json").exits(0).
		says(`past the Hub: it knows only 5 of these 25 pods`).prints(`"pastHub": "it knows only 5`)
	if left := p.users(t); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestHubRestart(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {faults: [{name: reflector-dead, since: 2h}]}
userPods:
- {count: 30, age: 3h-5h}
recovered:
- {says: the Hub sees its pods, hub: {sees: true}}
`)
	old, users := p.hubPod(t), p.users(t)
	p.run(t, "hub", "restart", "--dry-run").exits(0).prints(`^hub pod: ` + old).prints(`30 go on`).prints(`30 servers to be taken up`)
	p.run(t, "hub", "restart", "--dry-run", "-o", "json").exits(0).prints(`"startTimeoutSeconds": 300`)
	p.run(t, "hub", "restart").exits(2).says(`--yes`)
	if p.hubPod(t) != old {
		t.Fatal("the Hub was restarted without anybody having agreed")
	}
	p.run(t, "hub", "restart", "--yes", "--reason", "reflector dead").exits(0).
		prints(`in place of ` + old).prints(`^sessions: 30 before, 30 now; 0 sessions ended`).prints(`^servers: 30 taken up`)
	if fmt.Sprint(p.users(t)) != fmt.Sprint(users) {
		t.Error("user pods have changed")
	}
	eventually(t, "the Hub sees its pods again", func() bool { return p.gameday("status") == nil })
	p.noted(t, "reflector dead")
}

// The next pod finds no node: what is in the way is said, and the sessions live.
func TestHubRestartWithoutRoom(t *testing.T) {
	t.Parallel()
	p := hubDay(t, `
hub: {values: {hub: {db: {type: sqlite-memory}}}}
userPods:
- {count: 5, age: 3h-5h}
`)
	p.run(t, "hub", "restart", "--dry-run").exits(0).prints(`^danger: the Hub forgets every session`)
	p.run(t, "nodes", "cordon", "user-0", "user-1", "--allow-no-room", "--yes").exits(0)
	p.run(t, "hub", "restart", "--yes").exits(1).says(`error: the Hub forgets every session.*with --yes nobody is asked`).says(`--sessions-may-end`)
	p.run(t, "hub", "restart", "--yes", "--sessions-may-end", "--timeout", "5s").exits(1).
		says(`note: node user-\d is cordoned`).says(`not within 5s: pod \S+ is not ready: no node takes it`).
		says(`kubectl .*--namespace prod describe pod/hub-`)
	if len(p.users(t)) != 5 {
		t.Error("sessions have ended")
	}
	p.run(t, "nodes", "uncordon", "user-0", "user-1", "--yes").exits(0)
	eventually(t, "the Hub is back", func() bool { return len(p.hubUsers(t)) == 5 })
}
