package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/hubtest"
)

// binder is a cluster and a Hub, and an operator at them.
type binder struct {
	t       *testing.T
	cluster *clustertest.Server
	hub     *hubtest.Hub
	env     map[string]string
	said    func(text string) // called with what is said on stderr
}

// newBinder has a Hub that has run for five days, and users whose servers are an
// hour old and as they should be.
func newBinder(t *testing.T, users ...string) *binder {
	t.Helper()
	b := &binder{t: t, cluster: clustertest.Start(t), hub: hubtest.Start(t)}
	b.cluster.Wrap(func(next http.Handler) http.Handler { // its clock is the test's
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", clustertest.Now().Format(http.TimeFormat))
			next.ServeHTTP(w, r)
		})
	})
	b.hubPod(5 * 24 * time.Hour)
	for _, user := range users {
		b.pod(user, time.Hour)
		b.server(user)
	}
	home := t.TempDir()
	b.env = map[string]string{
		"HOME": home, "XDG_STATE_HOME": home, "LANG": "C.UTF-8", "NO_COLOR": "1",
		hubTokenVariable: hubtest.Token, "BINDERCTL_HUB_URL": b.hub.URL,
	}
	return b
}

func (b *binder) hubPod(old time.Duration) { b.hubPodNamed("hub-5d8b", old, "") }

// answer has the Hub give this answer to whoever asks for this.
func (b *binder) answer(path, text string) {
	b.hub.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/hub/api"+path {
				next.ServeHTTP(w, r)
				return
			}
			_, _ = w.Write([]byte(text))
		})
	})
}

func (b *binder) hubPodNamed(name string, old time.Duration, release string) {
	pod := clustertest.UserPod(name, "", old)
	pod.Labels = map[string]string{"app": "jupyterhub", "component": "hub", "release": release}
	pod.Annotations = nil
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	b.cluster.Create(pod)
}

func (b *binder) pod(user string, old time.Duration) {
	pod := clustertest.UserPod(user, "https://github.com/minrk/ligo-binder", old)
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	b.cluster.Create(pod)
}

func (b *binder) server(user string) {
	b.hub.Set(hubtest.Server{User: user, Started: clustertest.Now().Add(-time.Hour), LastActivity: clustertest.Now()})
}

// relabel gives a user's pod another label.
func (b *binder) relabel(user, key, value string) {
	pod := b.cluster.Pod("binder", user).DeepCopy()
	b.cluster.Remove("binder", user)
	pod.Labels[key] = value
	b.cluster.Create(pod)
}

// there are the user pods that are there.
func (b *binder) there() []string {
	b.t.Helper()
	list, err := b.cluster.Client("binder").Kube.CoreV1().Pods("binder").
		List(b.t.Context(), metav1.ListOptions{LabelSelector: "component=singleuser-server"})
	if err != nil {
		b.t.Fatal(err)
	}
	names := []string{}
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// call is a finished command.
type call struct {
	t              *testing.T
	code           int
	stdout, stderr string
}

// hearing passes on what is written, and lets a test listen.
type hearing struct {
	mu   sync.Mutex
	text bytes.Buffer
	said func(string)
}

func (h *hearing) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.said != nil {
		h.said(string(p))
	}
	return h.text.Write(p)
}

func (b *binder) orphans(ctx context.Context, args ...string) *call {
	b.t.Helper()
	kubeconfig := filepath.Join(b.t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"contexts": [{"name": "test", "context": {"cluster": "test", "namespace": "binder", "user": ""}}],
		"clusters": [{"name": "test", "cluster": {"server": %q}}]}`, b.cluster.URL())
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.env["BINDERCTL_KUBECONFIG"] = kubeconfig
	getenv := func(name string) string { return b.env[name] }
	var out bytes.Buffer
	said := &hearing{said: b.said}
	app := &App{
		Term: ui.NewTerminal(ui.Streams{
			Out: &out, Err: said, In: strings.NewReader(""), Columns: func() int { return 80 }, Getenv: getenv,
			IsTTY: func(any) bool { return false }, Now: clustertest.Now,
		}),
		Now: clustertest.Now, Getenv: getenv, Login: "sre",
	}
	code := Run(ctx, app, append([]string{"pods", "orphans"}, args...))
	return &call{b.t, code, out.String(), said.text.String()}
}

func (c *call) exits(code int) *call {
	c.t.Helper()
	if c.code != code {
		c.t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", c.code, code, c.stdout, c.stderr)
	}
	return c
}

func (c *call) says(pattern string) *call {
	c.t.Helper()
	if !regexp.MustCompile(pattern).MatchString(c.stderr) {
		c.t.Fatalf("stderr has no %q:\n%s", pattern, c.stderr)
	}
	return c
}

func (c *call) prints(want string) *call {
	c.t.Helper()
	if diff := cmp.Diff(want, c.stdout); diff != "" {
		c.t.Fatalf("stdout (-want +got):\n%s\nstderr:\n%s", diff, c.stderr)
	}
	return c
}

func TestOrphansHealthy(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c")
	b.orphans(t.Context()).exits(0).prints("").says("no pod is lost: 3 pods, 3 servers\n")
	b.pod("young", time.Minute)
	b.orphans(t.Context()).exits(0).prints("").says("no pod is lost: 4 pods, 3 servers, 1 too young to tell\n")
	b.orphans(t.Context(), "--cull", "--yes").exits(0).says("nothing to delete in namespace binder")
}

func TestOrphansFound(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "lost")
	b.hub.Forget("lost", "")
	b.server("ghost")
	b.orphans(t.Context(), "--settle", "0").exits(3).says(`1 orphan, 1 ghost \(of 4 pods, 4 servers\); 1 not certain`).
		says(`hint: orphan: .*: binderctl pods orphans --cull`)
	b.orphans(t.Context(), "--settle", "0", "-o", "name").exits(3).prints("pod/lost\n")
	b.orphans(t.Context(), "--settle", "0", "--class", "ghost,stuck", "-o", "name").exits(0).prints("")
	b.orphans(t.Context(), "--settle", "0", "--older-than", "2h", "-o", "name").exits(0).prints("").says("none of the 2 findings")
	b.orphans(t.Context(), "--settle", "1ms", "--class", "ghost").exits(3).says("1 ghost may yet pass").says("hint: ghost: a restart")
	var doc orphansDoc
	answer := b.orphans(t.Context(), "--settle", "0", "-o", "json").exits(3)
	if err := json.Unmarshal([]byte(answer.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	got := []any{doc.Pods, doc.Hub.Servers, doc.Counts["orphan"], doc.Counts["ghost"], doc.RoutesRead, len(doc.Items), doc.Items[0].Pod, doc.Items[0].AgeSeconds}
	if diff := cmp.Diff([]any{4, 4, 1, 1, false, 2, "lost", int64(3600)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, answer.stdout)
	}
	if strings.Contains(answer.stdout+answer.stderr, "198.51.100.7") || strings.Contains(answer.stdout+answer.stderr, hubtest.Token) {
		t.Error("a secret is shown")
	}
}

func TestOrphansCulled(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "lost", "lost-too")
	b.hub.Forget("lost", "")
	b.hub.Forget("lost-too", "")
	b.pod("young", time.Minute)
	b.orphans(t.Context(), "--cull").exits(2).says("without a terminal")
	b.orphans(t.Context(), "--cull", "--dry-run", "-o", "name").exits(0).prints("pod/lost\npod/lost-too\n")
	b.orphans(t.Context(), "--cull", "--yes", "--older-than", "2h").exits(0).says("nothing to delete")
	if diff := cmp.Diff([]string{"a", "b", "c", "lost", "lost-too", "young"}, b.there()); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	b.orphans(t.Context(), "--cull", "--yes", "--limit", "1").exits(0).says("which: pods of which the Hub knows nothing; at most 1")
	b.orphans(t.Context(), "--cull", "--yes").exits(0)
	if diff := cmp.Diff([]string{"a", "b", "c", "young"}, b.there()); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}

// TestOrphansAdoptedMeanwhile has the Hub find a lost pod again after the plan.
func TestOrphansAdoptedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "lost", "found")
	b.hub.Forget("lost", "")
	b.hub.Forget("found", "")
	b.said = func(text string) {
		if strings.Contains(text, "to delete: 2") {
			b.server("found")
		}
	}
	b.orphans(t.Context(), "--cull", "--yes").exits(0)
	if diff := cmp.Diff([]string{"a", "b", "c", "found"}, b.there()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrphansRefuses has everything go wrong that could make a pod look lost.
func TestOrphansRefuses(t *testing.T) {
	t.Parallel()
	failing := func(method, suffix string, after int) func(*binder) {
		return func(b *binder) {
			asked := 0
			b.hub.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == method && strings.HasSuffix(r.URL.Path, suffix) {
						if asked++; asked > after {
							hubtest.Refuse(w, http.StatusInternalServerError, "Internal Server Error")
							return
						}
					}
					next.ServeHTTP(w, r)
				})
			})
		}
	}
	for name, test := range map[string]struct {
		make func(*binder)
		args []string
		code int
		says string
		goes bool // the orphan goes all the same
	}{
		"the list fails":                  {make: failing(http.MethodGet, "/users", 0), code: 1, says: "the Hub says 500"},
		"asking by name fails":            {make: failing(http.MethodGet, "/users/lost", 0), code: 1, says: "ask the Hub for user lost"},
		"asking once more by name fails":  {make: failing(http.MethodGet, "/users/lost", 1), code: 1, says: "1 of 1 pod not deleted"},
		"another token":                   {make: func(b *binder) { b.env[hubTokenVariable] = "other" }, code: 1, says: "scopes list:users"},
		"no token":                        {make: func(b *binder) { b.env[hubTokenVariable] = "" }, code: 1, says: "no token for the Hub"},
		"nobody there":                    {make: func(b *binder) { b.env["BINDERCTL_HUB_URL"] = "http://127.0.0.1:1" }, code: 1, says: "no pod is called lost; see how it is: binderctl hub status"},
		"a page of something else":        {make: func(b *binder) { b.env["BINDERCTL_HUB_URL"] = b.cluster.URL() }, code: 1, says: "Hub"},
		"just restarted":                  {make: func(b *binder) { b.restart(2 * time.Minute) }, code: 1, says: "the Hub started 2m ago"},
		"just restarted, and it is known": {make: func(b *binder) { b.restart(2 * time.Minute) }, args: []string{"--hub-just-restarted"}, goes: true},
		"restarted a while ago":           {make: func(b *binder) { b.restart(11 * time.Minute) }, goes: true},
		"restarted not so long ago":       {make: func(b *binder) { b.restart(11 * time.Minute) }, args: []string{"--hub-restarted-within", "1h"}, code: 1, says: "wait until it has run for 1h"},
		"no hub pod":                      {make: func(b *binder) { b.cluster.Remove("binder", "hub-5d8b") }, code: 1, says: "nobody can tell whether the Hub has just started"},
		"knows nobody":                    {make: func(b *binder) { b.forget("a", "b", "c") }, code: 1, says: "the Hub knows none of the 4 pods.* has run for 5d.*blind"},
		"knows too few":                   {make: func(b *binder) { b.forget("a", "b") }, code: 1, says: "the Hub knows only 1 of the 4 pods"},
		"knows half":                      {make: func(b *binder) { b.forget("a"); b.pod("d", time.Hour); b.server("d"); b.server("a") }, goes: true},
		"lost its database": {
			make: func(b *binder) { b.forget("a", "b", "c"); b.restart(30 * time.Minute) }, code: 1,
			says: "later than 4 of the 4 pods.*looks like a database that was lost.*add --hub-lost-its-pods",
		},
		"two Hubs": {make: func(b *binder) { b.hubPodNamed("hub-other", time.Hour, "") }, code: 1, says: "there are 2 hub pods .*each knows its own"},
		"two Hubs, of two releases": {make: func(b *binder) {
			b.hubPodNamed("hub-other", time.Hour, "other")
		}, code: 1, says: `there are 2 Hubs \(pod hub-other of release "other", pod hub-5d8b of release ""\).*--name NAME --via kubernetes`},
		"the pod is of another release": {make: func(b *binder) {
			b.cluster.Remove("binder", "hub-5d8b")
			b.hubPodNamed("hub-5d8b", time.Hour, "binder")
			b.relabel("lost", "release", "other")
		}, code: 0, says: `1 pod may be no user's .*or of another Hub`},
		"the pods are of releases, and the Hub of none": {make: func(b *binder) {
			b.relabel("a", "release", "one")
			b.relabel("lost", "release", "other")
		}, code: 1, says: `2 releases of the chart \(one, other\)`},
		"a Hub with users of the same names": {make: func(b *binder) {
			for _, user := range []string{"a", "b", "c"} {
				b.hub.Set(hubtest.Server{User: user, Started: clustertest.Now().Add(-3 * time.Hour)})
			}
		}, code: 1, says: "can have made none of the 4 pods here: it may be that of another place"},
		"a Hub of which hardly a name is the same server": {make: func(b *binder) {
			for _, user := range []string{"a", "b"} {
				b.hub.Set(hubtest.Server{User: user, Started: clustertest.Now().Add(-3 * time.Hour)})
			}
		}, code: 1, says: "it can have made only 1 of them"},
		"another's, and one says that it lost its pods": {
			make: func(b *binder) {
				b.forget("a", "b", "c")
				b.hub.Set(hubtest.Server{User: "x", Started: clustertest.Now().Add(-3 * time.Hour)})
			}, args: []string{"--hub-lost-its-pods"}, code: 1,
			says: "can have made none of the 4 pods here",
		},
		"a named server whose pod does not say so": {make: func(b *binder) {
			b.hub.Set(hubtest.Server{User: "lost", Name: "lab", Started: clustertest.Now().Add(-time.Hour)})
		}, code: 0, says: "1 orphan spared"},
		"a token that sees only some": {make: func(b *binder) {
			b.answer("/user", `{"scopes": ["list:users", "read:servers!group=staff"]}`)
		}, code: 1, says: "refuses the token for all users: its scope is read:servers!group=staff"},
		"a user whose name has changed": {make: func(b *binder) { b.server("renamed") }, code: 0, says: "1 orphan spared: .*another name"},
		"it knows nobody by name": {make: func(b *binder) {
			b.hub.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(r.URL.Path, "/users/") {
						hubtest.Refuse(w, http.StatusNotFound, "Not Found")
						return
					}
					next.ServeHTTP(w, r)
				})
			})
		}, code: 1, says: "1 of 1 pod not deleted"},
		"restarted after the plan": {make: func(b *binder) {
			b.said = func(text string) {
				if strings.Contains(text, "to delete: 1") {
					b.restart(time.Second)
				}
			}
		}, code: 1, says: "1 of 1 pod not deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBinder(t, "a", "b", "c", "lost")
			b.forget("lost")
			test.make(b)
			before := b.there()
			b.orphans(t.Context(), append([]string{"--cull", "--yes"}, test.args...)...).exits(test.code).says("(?s)" + test.says)
			if lost := len(before) - len(b.there()); lost != yesNo(test.goes) {
				t.Errorf("%d pods are gone", lost)
			}
		})
	}
}

func yesNo(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// restart has another hub pod, so old.
func (b *binder) restart(old time.Duration) {
	b.cluster.Remove("binder", "hub-5d8b")
	b.hubPod(old)
}

func (b *binder) forget(users ...string) {
	for _, user := range users {
		b.hub.Forget(user, "")
	}
}

// TestOrphansLostDatabaseOnPurpose goes all the way when it is told what it risks.
func TestOrphansLostDatabaseOnPurpose(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "d")
	b.forget("a", "b", "c")
	b.orphans(t.Context(), "--cull", "--yes", "--hub-lost-its-pods").exits(0)
	if diff := cmp.Diff([]string{"d"}, b.there()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrphansHubGoesSilent has the Hub fall silent after the plan: it is asked by
// nobody any more once that is known.
func TestOrphansHubGoesSilent(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a")
	users := []string{"a"}
	for i := range 60 {
		user := fmt.Sprintf("u%02d", i)
		users = append(users, user)
		b.pod(user, time.Hour)
		if i%2 == 0 {
			b.server(user)
		}
	}
	var mu sync.Mutex
	silent, asked := false, 0
	b.hub.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if !silent {
				next.ServeHTTP(w, r)
				return
			}
			asked++
			w.WriteHeader(http.StatusGatewayTimeout)
		})
	})
	b.said = func(text string) {
		if strings.Contains(text, "to delete: 30") {
			mu.Lock()
			defer mu.Unlock()
			silent = true
		}
	}
	b.orphans(t.Context(), "--cull", "--yes").exits(1).says("30 of 30 pods not deleted")
	if asked > orphansInFlight {
		t.Errorf("it was asked %d times", asked)
	}
	if diff := cmp.Diff(users, b.there()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLostPods spares what anything else says is somebody's.
func TestLostPods(t *testing.T) {
	t.Parallel()
	found := []hub.Finding{
		{UID: "lost", Class: hub.Orphan, Settled: true},
		{UID: "routed", Class: hub.Orphan, Settled: true, Routed: true},
		{UID: "renamed", Class: hub.Orphan, Settled: true, Perhaps: "x"},
		{UID: "leaving", Class: hub.Orphan, Settled: true, Deleting: true},
		{UID: "open", Class: hub.Orphan},
		{UID: "ghost", Class: hub.Ghost, Settled: true},
	}
	for lostMemory, want := range map[bool][]types.UID{false: {"lost"}, true: {"lost", "routed"}} {
		got := slices.Sorted(maps.Keys(lostPods(found, lostMemory).Reasons))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lost memory %t (-want +got):\n%s", lostMemory, diff)
		}
	}
}

// TestOrphansStopped has somebody not wait for what may pass by itself.
func TestOrphansStopped(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "lost")
	b.forget("lost")
	b.server("ghost")
	ctx, cancel := context.WithCancel(t.Context())
	b.said = func(text string) {
		if strings.Contains(text, "looking again") {
			cancel()
		}
	}
	call := b.orphans(ctx, "-o", "json").exits(130)
	var doc orphansDoc
	if err := json.Unmarshal([]byte(call.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Items) != 2 || !doc.Items[0].Settled || doc.Items[1].Settled {
		t.Errorf("it printed\n%s", call.stdout)
	}
}

func TestOrphansMisuse(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--settle -1s":           "want a positive duration",
		"--class bogus":          "must be one of orphan, ghost",
		"--dry-run":              "add --cull",
		"--hub-lost-its-pods":    "add --cull",
		"--cull --class ghost":   "none of the others can be",
		"--cull --limit -1 -y":   "want 1 or more",
		"--hub-url hub":          "want http or https",
		"--hub-url http://a:b@c": "not a user and a password",
		"--hub-token-file nope":  "read token",
		"somebody":               "takes no arguments",
		"--max-age 6":            "the unit is missing",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			call := newBinder(t).orphans(t.Context(), strings.Fields(args)...).exits(2).says(says)
			if strings.Contains(call.stderr, "a:b") {
				t.Errorf("a password is shown:\n%s", call.stderr)
			}
		})
	}
}

// TestOrphansTokenStaysAtHome has a token in the environment and a call that leads
// elsewhere: whose Hub that is, the environment does not know.
func TestOrphansTokenStaysAtHome(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a")
	b.orphans(t.Context(), "--namespace", "binder").exits(1).says(hubTokenVariable + " is not used").says("no token")
	if asked := b.hub.Asked(); len(asked) != 0 {
		t.Errorf("the Hub was asked %s", asked)
	}
	b.orphans(t.Context(), "--namespace", "binder", "--hub-url", b.hub.URL).exits(0)
}

func TestTokenInTheClear(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://hub.example.org": true, "http://192.0.2.1:8081": true, "https://hub.example.org": false,
		"http://localhost:8081": false, "http://127.0.0.1:8081": false, "http://[::1]:8081": false, "": false,
	} {
		if f := hubURLFlag(address); f.inTheClear() != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}
