package checkup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// Options say how to look at a Hub.
type Options struct {
	Hub hub.Options
	// Since is how far back the log is read.
	Since time.Duration
	// Patience is how long each thing may take; 0 is as long as is good for it.
	Patience time.Duration
	// Log is a log that was read already, in place of the pod's; LogFrom says
	// what it is.
	Log     *hublog.Log
	LogFrom string
	// Pods takes the first look at the users' pods, for who reads them for others too.
	// It must not be from before Look was called; nil is a list of them alone.
	Pods func(context.Context) (hub.Sighting, error)
	// Progress hears which of Steps is done, and how much of the log was read. It is
	// called from any goroutine; nil is nobody.
	Progress func(steps, logBytes int)
}

// Steps is how many things are looked at.
const Steps = 4

// What a Hub is asked, and how long each may take.
const (
	probes        = 3                // to tell a slow answer from a slow Hub
	probePatience = 10 * time.Second // BinderHub's own check has 3 s
	listPatience  = 45 * time.Second // of a Hub that is up to its neck in servers
	logPatience   = time.Minute      // an hour of a busy Hub's log is some 100 MB
)

// Look gathers evidence. Whatever fails is named in Unseen; the error is ctx's
// alone.
func Look(ctx context.Context, c *cluster.Client, opts Options) (*Evidence, error) {
	l := &looker{client: c, opts: opts, e: newEvidence(), probed: make(chan struct{})}
	l.e.Log, l.e.LogFrom = opts.Log, opts.LogFrom
	if l.pod(ctx) {
		var looking sync.WaitGroup
		for _, look := range []func(context.Context){l.log, l.service, l.hub} {
			looking.Go(func() {
				look(ctx)
				l.told(1, 0)
			})
		}
		looking.Wait()
	}
	l.e.At = c.ServerNow()
	return l.e, ctx.Err()
}

func newEvidence() *Evidence {
	return &Evidence{
		Settings: hub.Defaults(), Unseen: []Missing{},
		Pod:   Pod{Others: []string{}},
		API:   API{Seconds: []float64{}},
		Drift: Drift{Certain: map[hub.Class]int{}, Possible: map[hub.Class]int{}},
	}
}

// OfLog is what a log alone tells, as of its end.
func OfLog(log *hublog.Log, from string) *Evidence {
	e := newEvidence()
	e.At, e.Log, e.LogFrom, e.LogOnly = log.Last, log, from, true
	return e
}

// looker gathers evidence from several sides at once.
type looker struct {
	client *cluster.Client
	opts   Options
	// Of the hub pod: its labels, its release, and the name of the container that is
	// the Hub.
	labels    map[string]string
	release   string
	container string
	probed    chan struct{} // closed when it is known whether the Hub answers

	mu sync.Mutex
	e  *Evidence
}

// note writes down what was seen.
func (l *looker) note(write func(*Evidence)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	write(l.e)
}

// Miss notes what could not be seen, and why.
func (e *Evidence) Miss(what string, why error) {
	e.Unseen = append(e.Unseen, Missing{what, reason(why)})
}

func (l *looker) miss(what string, why error) {
	l.note(func(e *Evidence) { e.Miss(what, why) })
}

// reason says in a few words why something could not be seen.
func reason(err error) string {
	switch {
	case forbidden(err):
		return "you may not: " + firstLine(err)
	case errors.Is(err, context.DeadlineExceeded):
		return "it took too long"
	default:
		return firstLine(err)
	}
}

// forbidden reports whether the API server refused it. What opens a tunnel has
// only text for that.
func forbidden(err error) bool {
	shut, is := errors.AsType[*cluster.TunnelError](err)
	return apierrors.IsForbidden(err) || is && strings.Contains(shut.Cause.Error(), "forbidden")
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// within limits what may take long.
func (l *looker) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if l.opts.Patience > 0 {
		limit = min(limit, l.opts.Patience)
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w within %s", cluster.ErrSilent, limit))
}

// told tells of progress, if anybody listens.
func (l *looker) told(steps, logBytes int) {
	if l.opts.Progress != nil {
		l.opts.Progress(steps, logBytes)
	}
}

// counting tells how much was read.
type counting struct {
	io.Reader
	tell func(bytes int)
}

// Read reads, and tells how much.
func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.tell(n)
	return n, err
}
