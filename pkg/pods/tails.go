package pods

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Log is the end of a container's log.
type Log struct {
	Lines []string `json:"lines"` // without tokens and passwords
	// Previous is true of the log of a run before the present one.
	Previous bool `json:"previous"`
	// Note says why there are no lines.
	Note string `json:"note"`
}

func noLog() Log { return Log{Lines: []string{}} }

const (
	// AlikeShown is how many findings that are alike are worth showing one by
	// one, and how many of them have their logs read.
	AlikeShown = 3
	// logsAtMost is how many logs are read at all, each of which costs the API
	// server a connection to a kubelet.
	logsAtMost = 60
	// logsInFlight is how many are read side by side.
	logsInFlight = 16
	// logPatience is how long a kubelet may take: that of a sick node may never
	// answer, and the rest must not wait for it.
	logPatience = 5 * time.Second
	// logBytes is the most that is read of a log. The kubelet counts lines first
	// and cuts at this many bytes afterwards, so it is ample for a few.
	logBytes = 256 << 10
)

// tail is a log to be read.
type tail struct {
	namespace, pod, container string
	previous                  bool // of the run before the present one
	into                      *Log
}

// tails lists the logs worth reading: of findings that are alike the first few,
// of each burst one.
func tails(findings []Finding, bursts []Burst) []tail {
	var list []tail
	for i := range bursts {
		if b := &bursts[i]; b.Pods[0].Container != "" {
			list = append(list, tail{b.Namespace, b.Pods[0].Name, b.Pods[0].Container, false, &b.Log})
		}
	}
	alike := 0
	for i := range findings {
		f := &findings[i]
		if alike++; i == 0 || !f.Alike(findings[i-1]) {
			alike = 1
		}
		if f.Death != nil && alike <= AlikeShown {
			list = append(list, tail{f.Namespace, f.Pod, f.Container, !f.Death.standing, &f.Log})
		}
	}
	return list[:min(len(list), logsAtMost)]
}

// readTails reads the last lines of each log. What goes wrong is noted in the
// log's place; forbidden is the first refusal, if there was one.
func readTails(ctx context.Context, c *cluster.Client, list []tail, lines int, secrets redactor) (forbidden error) {
	refused := make([]error, len(list))
	errs := c.NewPacer(logsInFlight).Each(ctx, len(list), func(ctx context.Context, i int) error {
		t := list[i]
		text, err := t.read(ctx, c, lines)
		if t.previous && (apierrors.IsNotFound(err) || apierrors.IsBadRequest(err)) { // its log is no longer kept
			t.previous = false
			text, err = t.read(ctx, c, lines)
		}
		switch _, throttled := cluster.Throttled(err); {
		case throttled:
			return err // the pacer asks again; of a kubelet that does not answer nobody does
		case apierrors.IsForbidden(err):
			refused[i] = err
		}
		if err != nil {
			t.into.Note = noteOf(err)
			return nil
		}
		*t.into = Log{Lines: lastLines(secrets.clean(text), lines), Previous: t.previous}
		return nil
	})
	for i, err := range errs {
		if err != nil {
			list[i].into.Note = noteOf(err)
		}
	}
	return cmp.Or(refused...)
}

func (t tail) read(ctx context.Context, c *cluster.Client, lines int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	wanted, atMost := int64(lines), int64(logBytes)
	text, err := c.Kube.CoreV1().Pods(t.namespace).GetLogs(t.pod, &corev1.PodLogOptions{
		Container: t.container, Previous: t.previous, TailLines: &wanted, LimitBytes: &atMost,
	}).MaxRetries(0).Do(ctx).Raw()
	return string(text), err
}

// noteOf says in a few words why a log could not be read.
func noteOf(err error) string {
	switch {
	case apierrors.IsForbidden(err):
		return "you may not read it"
	case apierrors.IsNotFound(err):
		return "the pod is gone"
	case errors.Is(err, context.Canceled):
		return "not read"
	case errors.Is(err, context.DeadlineExceeded), apierrors.IsTimeout(err), cluster.Unreachable(err):
		return "the node does not answer"
	case apierrors.IsInternalError(err):
		return "the node did not give it"
	default:
		line, _, _ := strings.Cut(err.Error(), "\n")
		return line
	}
}

// lastLines are the last of the lines that are not empty.
func lastLines(text string, most int) []string {
	lines := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n\t "); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-most):]
}
