package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
)

const oldPods = `
userPods:
- {count: 60, age: 5h-9h}
- {count: 10, age: 10m-1h}
`

// someInFlight is how many deletes a test waits for to be under way together:
// fewer than binderctl begins with.
const someInFlight = 8

// interruptWhile holds all deletes from the nth on, and has strike strike once
// some are held and the pods' departure is being watched. strike returns when
// they may go on.
func interruptWhile(t *testing.T, f *faultProxy, nth int, strike func()) {
	t.Helper()
	var once sync.Once
	goOn := make(chan struct{})
	f.on(verbDelete, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if c.nth >= nth {
			go once.Do(func() {
				defer close(goOn)
				if !f.until(verbDelete, func(n int) bool { return n >= someInFlight }) || !f.until(verbWatch, func(n int) bool { return n > 0 }) {
					t.Error("it never came to the point of the interruption")
				}
				strike()
			})
			<-goOn
		}
		pass.ServeHTTP(w, r)
	})
}

// One Ctrl-C in the middle of a cull: nothing more is begun, what is under way
// is finished, and what was not tried is said.
func TestInterruptOnce(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)
	before := p.everything(t)

	r := through.start(t, nil, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json")
	interruptWhile(t, f, 20, func() {
		r.interrupt()
		// binderctl stops watching when it has understood.
		if !f.until(verbWatch, func(n int) bool { return n == 0 }) {
			t.Error("binderctl did not heed the interruption")
		}
	})
	done := r.wait().exits(130).says(`stopped`).says(`\d+ of 60 pods not tried`).says(`run the same cull again to complete it`)
	var report reportDoc
	done.decode(&report)
	asked := slices.Concat(report.with("deleted"), report.with("terminating"))
	untried := report.with("not tried")
	if len(asked) != f.count(verbDelete) || len(asked)+len(untried) != 60 || len(untried) == 0 {
		done.failf("%d deletes; reported: %d asked to go, %d not tried", f.count(verbDelete), len(asked), len(untried))
	}
	book := through.journalEvents(t, "begin", "end")
	if got := book[1].results(); got["not tried"] != len(untried) {
		t.Errorf("the journal says %v", got)
	}
	p.allGone(t, asked)
	p.lostOnly(t, before, p.namespace, asked)

	// The same again completes it.
	f.on(verbDelete, nil)
	through.run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "pods of the second cull", report.with("deleted"), untried)
	p.lostOnly(t, before, p.namespace, slices.Concat(asked, untried))
}

// allGone waits until pods that were asked to go are gone.
func (p *place) allGone(t *testing.T, names []string) {
	t.Helper()
	eventually(t, "the pods are gone", func() bool {
		here := p.pods(t, nil)
		return !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(here, name) })
	})
}

// A second Ctrl-C kills. What was begun is in the journal.
func TestInterruptTwice(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)
	r := through.start(t, nil, "pods", "cull", "--older-than", "4h", "--yes")
	killed := make(chan struct{})
	interruptWhile(t, f, 1, func() {
		r.interrupt()
		f.until(verbWatch, func(n int) bool { return n == 0 })
		// How soon the second counts is the Go runtime's affair; a human who
		// sees nothing happen presses again.
		eventually(t, "a second Ctrl-C kills", func() bool {
			r.interrupt()
			select {
			case <-killed:
				return true
			default:
				return false
			}
		})
	})
	done := r.wait()
	close(killed)
	if status, ok := done.state.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		done.failf("ended with %v, want a death by SIGINT", done.state)
	}
	done.printsNothing()
	through.journalEvents(t, "begin")
}

// Ctrl-C while binderctl waits for pods that do not go.
func TestInterruptTheWait(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, `
userPods:
- {count: 3, age: 5h, finalizers: [example.org/hold]}
- {count: 4, age: 6h}
`)
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)
	r := through.start(t, nil, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json")
	eventually(t, "all were asked to go and four are gone", func() bool {
		return f.count(verbDelete) == 7 && len(p.users(t)) == 3
	})
	r.interrupt()
	done := r.wait().exits(130)
	var report reportDoc
	done.decode(&report)
	if n := len(report.with("terminating")); n < 3 {
		done.failf("%d pods are reported as terminating, want those 3 at least", n)
	}
	through.journalEvents(t, "begin", "end")
}

// A reader that goes away does not stop a cull that has begun.
func TestReaderGone(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	before := p.everything(t)
	old := byAge(t, p)[:60]
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Close(); err != nil { // gone before a word was said
		t.Fatal(err)
	}
	defer write.Close()
	to := func(c *exec.Cmd) { c.Stdout = write }
	p.start(t, to, "pods", "list").wait().exits(0).saysNothing()
	p.start(t, to, "-q", "pods", "cull", "--older-than", "4h", "--yes", "-o", "name").wait().exits(0)
	p.lostOnly(t, before, p.namespace, old)
	book := p.journalEvents(t, "begin", "end")
	if got := book[1].results(); got["deleted"] != 60 {
		t.Errorf("the journal says %v", got)
	}
}
