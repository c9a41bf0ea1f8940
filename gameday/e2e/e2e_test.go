// Package e2e runs a whole game day, with the binaries as they were built.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const namespace = "small"

// gameday runs the binary and returns its output and exit code.
type gameday struct {
	path, dir string
}

func newGameday(t *testing.T) gameday {
	t.Helper()
	path, err := filepath.Abs("../../bin/gameday")
	if err != nil {
		t.Fatal(err)
	}
	for _, binary := range []string{path, path + "-kwok"} {
		if _, err := os.Stat(binary); err != nil {
			t.Fatalf("this test needs the binaries: %v; build them with: make build", err)
		}
	}
	day := gameday{path: path, dir: filepath.Join(t.TempDir(), "state")}
	t.Cleanup(func() {
		if out, code := day.run(context.WithoutCancel(t.Context()), t, "down"); code != 0 {
			t.Errorf("gameday down failed: %s", out)
		}
	})
	return day
}

func (g gameday) run(ctx context.Context, t *testing.T, args ...string) (string, int) {
	t.Helper()
	command := exec.CommandContext(ctx, g.path, append(args, "--dir", g.dir)...)
	var out, err bytes.Buffer
	command.Stdout, command.Stderr = &out, &err
	runErr := command.Run()
	t.Logf("gameday %s\n%s", strings.Join(args, " "), err.String())
	if exit, ok := errors.AsType[*exec.ExitError](runErr); ok {
		return out.String() + err.String(), exit.ExitCode()
	}
	if runErr != nil {
		t.Fatal(runErr)
	}
	return out.String(), 0
}

func (g gameday) must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := g.run(t.Context(), t, args...)
	if code != 0 {
		t.Fatalf("gameday %s exited with %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// processes lists the command lines that name the game day's folder.
func (g gameday) processes(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-eo", "pid,args").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, g.dir) {
			found = append(found, line)
		}
	}
	return found
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, check func(context.Context) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := check(ctx)
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not in time (last: %v)", what, err)
		}
	}
}

func TestAGameDayFromUpToDown(t *testing.T) {
	day := newGameday(t)
	out := day.must(t, "up", "testdata/small.yaml")
	if want := "export KUBECONFIG=" + filepath.Join(day.dir, "kubeconfig") + "\n"; out != want {
		t.Fatalf("up printed %q, want %q and nothing else", out, want)
	}
	if out, code := day.run(t.Context(), t, "up", "testdata/small.yaml"); code != 1 || !strings.Contains(out, "up already") {
		t.Errorf("a second up exited with %d: %s", code, out)
	}
	client := connect(t, day, "small")
	infrastructure := uids(t, client, "component!=singleuser-server")

	t.Run("aged pods", func(t *testing.T) { checkAges(t, client) })
	t.Run("pending pods", func(t *testing.T) { checkPending(t, client) })
	t.Run("dead node", func(t *testing.T) {
		node, err := client.CoreV1().Nodes().Get(t.Context(), "dead-0", metav1.GetOptions{})
		if err != nil || node.Status.Conditions[len(node.Status.Conditions)-1].Status != corev1.ConditionUnknown {
			t.Errorf("dead-0 is not unknown: %v %v", node.Status.Conditions, err)
		}
	})
	t.Run("nobody may nothing", func(t *testing.T) {
		_, err := connect(t, day, "small-nobody").CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
		if !apierrors.IsForbidden(err) {
			t.Errorf("nobody listed pods: %v", err)
		}
	})
	t.Run("raw objects", func(t *testing.T) { checkRaw(t, day, client) })
	if _, code := day.run(t.Context(), t, "status"); code != 3 {
		t.Errorf("status of the incident exited with %d, want 3", code)
	}
	t.Run("recovery", func(t *testing.T) { checkRecovery(t, day, client) })
	t.Run("restarts", func(t *testing.T) { checkRestarts(t, day, client) })
	t.Run("controllers leave aged pods alone", func(t *testing.T) {
		for name, uid := range uids(t, client, "component!=singleuser-server") {
			if old, known := infrastructure[name]; name != "odd" && (!known || old != uid) {
				t.Errorf("pod %s was made anew", name)
			}
		}
	})
	day.must(t, "down")
	if left := day.processes(t); len(left) > 0 {
		t.Errorf("down left these running: %q", left)
	}
	if _, err := os.Stat(day.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("down left its folder: %v", err)
	}
	if out, code := day.run(t.Context(), t, "status"); code != 1 {
		t.Errorf("status without a game day exited with %d: %s", code, out)
	}
}

func connect(t *testing.T, day gameday, name string) kubernetes.Interface {
	t.Helper()
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: filepath.Join(day.dir, "kubeconfig")}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: "gameday-" + name}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	return kubernetes.NewForConfigOrDie(config)
}

func uids(t *testing.T, client kubernetes.Interface, selector string) map[string]string {
	t.Helper()
	pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, pod := range pods.Items {
		found[pod.Name] = string(pod.UID)
	}
	return found
}
