package checkup

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// lately is how long ago a crash still counts: as long as the log that is read.
const lately = time.Hour

func checkPod(e *Evidence) (Check, bool) {
	p := e.Pod
	switch {
	case !p.Seen:
		return none()
	case p.Name == "":
		return bad(ByPod, Down, "there is no hub pod")
	case p.Phase == "Pending" && p.Waiting == "":
		return bad(ByPod, Down, sentence("the hub pod "+p.Name+" is Pending", p.Message))
	case !p.Ready && e.gaveUp():
		return bad(ByPod, Down, fmt.Sprintf("the hub pod %s is not ready (%s): the Hub ends itself after %d failed launches in a row",
			p.Name, p.state(), e.Log.Failures.Limit))
	case p.RunsUnready() && e.API.Answers:
		return bad(ByPod, Down, fmt.Sprintf("the hub pod %s runs and is not ready, so that nobody is led to it; asked directly, its API answers: it is the readiness probe that fails", p.Name))
	case !p.Ready:
		return bad(ByPod, Down, sentence(fmt.Sprintf("the hub pod %s is not ready (%s)", p.Name, p.state()), p.lastDeath(e.At)))
	case p.diedLately(e.At) && e.gaveUp():
		return bad(ByPod, Degraded, fmt.Sprintf("the Hub ended itself after %d failed launches in a row, and runs again for %s",
			e.Log.Failures.Limit, ago(e.At, p.Began)))
	case p.diedLately(e.At):
		return bad(ByPod, Degraded, sentence(fmt.Sprintf("the hub pod %s runs again for %s", p.Name, ago(e.At, p.Began)), p.lastDeath(e.At)))
	case len(p.Others) > 0:
		return note(ByPod, fmt.Sprintf("%s is ready, up %s; another Hub runs beside it (%s), of which nothing is said here, and whose servers this one does not know",
			p.Name, ago(e.At, p.Began), strings.Join(p.Others, ", ")))
	default:
		return ok(ByPod, fmt.Sprintf("%s is ready, up %s, %s", p.Name, ago(e.At, p.Began), times(p.Restarts, "restart")))
	}
}

// gaveUp reports whether the log tells that the Hub ended itself.
func (e *Evidence) gaveUp() bool { return e.Log != nil && e.Log.Of(hublog.Abort).Count > 0 }

// RunsUnready reports whether its containers run and only its readiness is missing.
func (p Pod) RunsUnready() bool {
	return !p.Ready && p.Phase == "Running" && p.Waiting == "" && !p.Leaving
}

func (p Pod) diedLately(now time.Time) bool {
	return p.Death.Failed() && now.Sub(p.Death.Ended) < lately
}

// state is why the pod is not ready, in a word or two.
func (p Pod) state() string {
	switch {
	case p.Waiting != "":
		return p.Waiting
	case p.Leaving:
		return "on its way out"
	case p.Death != nil && p.Death.Final:
		return p.Death.Reason
	default:
		return p.Phase
	}
}

func (p Pod) lastDeath(now time.Time) string {
	if p.Death == nil {
		return p.Message
	}
	return fmt.Sprintf("its container ended %s ago: %s, exit code %d", ago(now, p.Death.Ended), p.Death.Reason, p.Death.ExitCode)
}

func checkService(e *Evidence) (Check, bool) {
	if e.Service.Seen && !e.Service.Leads {
		return bad(ByService, Down, "no Service leads to the hub pod: neither BinderHub nor the proxy reaches the Hub")
	}
	return none() // which is not worth a line
}

func sentence(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

func ago(now, then time.Time) string { return duration.HumanDuration(max(0, now.Sub(then))) }

func times(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
