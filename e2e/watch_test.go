package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// podWatch is a `pods list -w -o json` that goes on.
type podWatch struct {
	*running
	changes chan podDoc
}

func watchPods(t *testing.T, p *place, args ...string) *podWatch {
	t.Helper()
	w := &podWatch{changes: make(chan podDoc, 1000)}
	var stdout io.Reader
	w.running = p.start(t, func(c *exec.Cmd) {
		var err error
		c.Stdout = nil
		if stdout, err = c.StdoutPipe(); err != nil {
			t.Fatal(err)
		}
	}, append([]string{"pods", "list", "-w", "-o", "json"}, args...)...)
	t.Cleanup(func() { _ = w.command.Process.Kill() })
	go func() {
		defer close(w.changes)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			var change podDoc
			if err := json.Unmarshal(lines.Bytes(), &change); err != nil {
				t.Errorf("not one object a line: %v in %q", err, lines.Text())
			}
			p.checkSecrets(t, lines.Text())
			checkClean(t, lines.Text())
			w.changes <- change
		}
	}()
	return w
}

// until reads changes until one is as wanted.
func (w *podWatch) until(t *testing.T, what string, want func(podDoc) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case change, ok := <-w.changes:
			if !ok {
				t.Fatalf("the watch ended before %s; stderr:\n%s", what, &w.stderr)
			}
			if want(change) {
				return
			}
		case <-deadline:
			t.Fatalf("waited %s in vain until %s; stderr:\n%s", patience, what, &w.stderr)
		}
	}
}

// stop ends the watch as an operator does.
func (w *podWatch) stop(t *testing.T) {
	t.Helper()
	w.interrupt()
	for range w.changes { // to its end
	}
	w.wait().exits(0).saysNothing()
}

// A watch shows what there is, and then what becomes of it.
func TestWatch(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, stillNodes+`
userPods:
- {count: 2, age: 1h-2h, pool: NAMESPACE}
- {count: 1, age: 90m, pool: NAMESPACE-still}
`)
	names := byAge(t, p) // the second is the one on the still node
	w := watchPods(t, p)
	for _, name := range names {
		w.until(t, name+" is shown, in its turn", func(d podDoc) bool { return d.Name == name && d.Status == "Running" })
	}
	p.update(t, names[0], func(pod *corev1.Pod) {
		pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
		pod.Status.ContainerStatuses[0].RestartCount = 3
	})
	w.until(t, "its trouble is shown", func(d podDoc) bool { return d.Name == names[0] && d.Status == "CrashLoopBackOff" })
	p.replace(t, names[1])
	w.until(t, "its end is shown", func(d podDoc) bool { return d.Name == names[1] && d.Gone })
	w.until(t, "its successor is shown", func(d podDoc) bool { return d.Name == names[1] && !d.Gone })
	p.delete(t, names[2])
	w.until(t, "the end of another is shown", func(d podDoc) bool { return d.Name == names[2] && d.Gone })
	w.stop(t)
}
