package pods

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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
	// logsPatience is how long all of them may take: they are the last words, and
	// the diagnosis stands without them.
	logsPatience = 10 * time.Second
	// logRetries is how often a log is asked for again from a server that is too
	// busy.
	logRetries = 2
	// logBytes is the most that is read of a log. The kubelet counts lines first
	// and cuts at this many bytes afterwards, so it is ample for a few.
	logBytes = 256 << 10
)

// tail is a log to be read.
type tail struct {
	namespace, pod, node, container string

	previous bool // of the run before the present one
	into     *Log
}

// tails lists the logs worth reading: of findings that are alike the first few,
// of each burst one.
func tails(findings []Finding, bursts []Burst) []tail {
	var list []tail
	for i := range bursts {
		if b := &bursts[i]; b.Pods[0].Container != "" {
			list = append(list, tail{b.Namespace, b.Pods[0].Name, b.Pods[0].Node, b.Pods[0].Container, false, &b.Log})
		}
	}
	alike := 0
	for i := range findings {
		f := &findings[i]
		if alike++; i == 0 || !f.Alike(findings[i-1]) {
			alike = 1
		}
		if f.Death != nil && alike <= AlikeShown {
			list = append(list, tail{f.Namespace, f.Pod, f.Node, f.Container, !f.Death.standing, &f.Log})
		}
	}
	return list[:min(len(list), logsAtMost)]
}

// logs is a reading of several logs.
type logs struct {
	client  *cluster.Client
	lines   int
	secrets redactor
	silent  sync.Map // names of nodes that did not answer once
}

// readTails reads the last lines of each log, so many side by side. What goes
// wrong is noted in the log's place. The error is the first refusal or, if there
// was none, names the nodes that did not answer.
func readTails(ctx context.Context, c *cluster.Client, list []tail, lines int, secrets redactor) error {
	ctx, cancel := context.WithTimeoutCause(ctx, logsPatience, errNoTime)
	defer cancel()
	r := &logs{client: c, lines: lines, secrets: secrets}
	errs := make([]error, len(list))
	places := make(chan struct{}, logsInFlight)
	var reading sync.WaitGroup
	for i := range list {
		reading.Go(func() {
			select {
			case places <- struct{}{}:
				errs[i] = r.read(ctx, list[i])
				<-places
			case <-ctx.Done():
				errs[i] = context.Cause(ctx)
			}
		})
	}
	reading.Wait()
	for i, err := range errs {
		if err != nil {
			list[i].into.Note = noteOf(err)
		}
	}
	if at := slices.IndexFunc(errs, apierrors.IsForbidden); at >= 0 {
		return errs[at]
	}
	return r.unheard()
}

// errNoTime means that other logs took all the time there was.
var errNoTime = errors.New("not read in time")

// errSilent means that a node gave no other log either.
var errSilent = errors.New("the node does not answer")

// read reads one log, unless its node did not give another.
func (r *logs) read(ctx context.Context, t tail) error {
	if _, silent := r.silent.Load(t.node); silent {
		return errSilent
	}
	text, err := r.fetch(ctx, t)
	if t.previous && (apierrors.IsNotFound(err) || apierrors.IsBadRequest(err)) { // its log is no longer kept
		t.previous = false
		text, err = r.fetch(ctx, t)
	}
	switch {
	case err == nil:
		*t.into = Log{Lines: lastLines(r.secrets.clean(text), r.lines), Previous: t.previous}
	case unanswered(err):
		r.silent.Store(t.node, true)
	}
	return err
}

// fetch asks for a log. A server that is too busy says when to ask again, which
// client-go does; a kubelet that does not answer is not asked twice.
func (r *logs) fetch(ctx context.Context, t tail) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	wanted, atMost := int64(r.lines), int64(logBytes)
	text, err := r.client.Kube.CoreV1().Pods(t.namespace).GetLogs(t.pod, &corev1.PodLogOptions{
		Container: t.container, Previous: t.previous, TailLines: &wanted, LimitBytes: &atMost,
	}).MaxRetries(logRetries).Do(ctx).Raw()
	return string(text), err
}

// unheard names the nodes that did not answer, if there are any.
func (r *logs) unheard() error {
	var names []string
	r.silent.Range(func(name, _ any) bool {
		names = append(names, fmt.Sprint(name))
		return true
	})
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("no logs come from %s", strings.Join(names, ", "))
}

// unanswered reports whether a node gave no answer at all.
func unanswered(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || apierrors.IsTimeout(err) || cluster.Unreachable(err)
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
	case unanswered(err):
		return errSilent.Error()
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
