package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/hub/hubtest"
)

// binder is a cluster and a Hub, and an operator at them.
type binder struct {
	t       *testing.T
	cluster *clustertest.Server
	hub     *hubtest.Hub
	env     map[string]string
	ahead   time.Duration     // of the cluster's, is the operator's clock
	said    func(text string) // called with what is said on stderr
}

// newBinder has a Hub that has run for five days, and users whose servers are an
// hour old and as they should be.
func newBinder(t *testing.T, users ...string) *binder {
	t.Helper()
	b := &binder{t: t, cluster: clustertest.Start(t), hub: hubtest.Start(t)}
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
	return b.run(ctx, append([]string{"pods", "orphans"}, args...)...)
}

func (b *binder) run(ctx context.Context, args ...string) *call {
	b.t.Helper()
	var out bytes.Buffer
	said := &hearing{said: b.said}
	code := Run(ctx, b.app(&out, said), args)
	return &call{b.t, code, out.String(), said.text.String()}
}

// app is what the operator has begun to run.
func (b *binder) app(out, said io.Writer) *App {
	b.t.Helper()
	b.env["BINDERCTL_KUBECONFIG"] = filepath.Join(b.t.TempDir(), "kubeconfig")
	b.point(b.cluster.URL())
	getenv := func(name string) string { return b.env[name] }
	return &App{
		Term: ui.NewTerminal(ui.Streams{
			Out: out, Err: said, In: strings.NewReader(""), Columns: func() int { return 80 }, Getenv: getenv,
			IsTTY: func(any) bool { return false }, Now: clustertest.Now,
		}),
		Now: func() time.Time { return clustertest.Now().Add(b.ahead) }, Getenv: getenv, Login: "sre",
	}
}

// point has the kubeconfig lead to a server.
func (b *binder) point(server string) {
	text := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"contexts": [{"name": "test", "context": {"cluster": "test", "namespace": "binder", "user": ""}}],
		"clusters": [{"name": "test", "cluster": {"server": %q}}]}`, server)
	if err := os.WriteFile(b.env["BINDERCTL_KUBECONFIG"], []byte(text), 0o600); err != nil {
		b.t.Error(err) // it may be called while a command runs
	}
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
