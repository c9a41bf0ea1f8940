package launchtest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Many launches all of them, so many at once, and tells finished of each when it
// is through, never of two at once. From a BinderHub that refuses a launch no
// more are asked, and none at all once ctx has ended: those are the skipped.
// The order of what comes back is that of all.
func Many(ctx context.Context, all []Options, atOnce int, finished func(i int, l Launch)) (launches []Launch, skipped int) {
	var (
		mu      sync.Mutex
		wait    sync.WaitGroup
		refused = map[string]bool{}
		done    = make([]*Launch, len(all))
		next    = make(chan int)
	)
	for range max(1, min(atOnce, len(all))) {
		wait.Go(func() {
			for i := range next {
				mu.Lock()
				stop := refused[all[i].Binder] || ctx.Err() != nil
				mu.Unlock()
				if stop {
					continue
				}
				launch := Run(ctx, all[i])
				mu.Lock()
				done[i] = &launch
				refused[all[i].Binder] = refused[all[i].Binder] || launch.Result == Refused
				finished(i, launch)
				mu.Unlock()
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wait.Wait()
	launches = []Launch{}
	for _, launch := range done {
		if launch != nil {
			launches = append(launches, *launch)
		}
	}
	return launches, len(all) - len(launches)
}

// StageTimes is how long a stage took in many launches.
type StageTimes struct {
	Stage    Stage   `json:"stage"`
	Launches int     `json:"launches"` // that were in it
	Failed   int     `json:"failed"`   // that broke in it
	P50      float64 `json:"p50Seconds"`
	P90      float64 `json:"p90Seconds"`
	Max      float64 `json:"maxSeconds"`
}

// Times says how long each stage took in the launches that came through it. The
// times of those that broke in it are left out: they say how long a limit is.
func Times(launches []Launch) []StageTimes {
	times := []StageTimes{}
	for _, stage := range Stages() {
		var took []time.Duration
		in, failed := 0, 0
		for i := range launches {
			l := &launches[i]
			broke := l.Failure != nil && l.Failure.Stage == stage
			if broke {
				failed++
			}
			if !slices.ContainsFunc(l.Spans, func(s Span) bool { return s.Stage == stage }) {
				continue
			}
			in++
			if !broke {
				took = append(took, l.Took(stage))
			}
		}
		if in == 0 && failed == 0 {
			continue
		}
		slices.Sort(took)
		times = append(times, StageTimes{
			Stage: stage, Launches: in, Failed: failed,
			P50: quantile(took, 50), P90: quantile(took, 90), Max: quantile(took, 100),
		})
	}
	return times
}

// quantile is the smallest of sorted times that so many percent do not exceed,
// in seconds.
func quantile(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := (len(sorted)*percent+99)/100 - 1
	return sorted[max(0, at)].Seconds()
}

// Failures are launches that broke alike.
type Failures struct {
	Stage    Stage  `json:"stage"`
	Cause    Cause  `json:"cause"`
	Node     string `json:"node"` // on which their pods were, "" if that is not known
	Member   string `json:"member"`
	Binder   string `json:"binder"`
	Launches int    `json:"launches"`
	Says     string `json:"says"` // of the first
}

// Common counts the failures of launches, the most frequent first.
func Common(launches []Launch) []Failures {
	found := []Failures{}
	for i := range launches {
		l := &launches[i]
		if l.Failure == nil {
			continue
		}
		same := Failures{Stage: l.Failure.Stage, Cause: l.Failure.Cause, Node: l.node(), Member: l.Member, Binder: l.Binder, Launches: 1, Says: l.Failure.Says}
		at := slices.IndexFunc(found, func(f Failures) bool {
			return f.Stage == same.Stage && f.Cause == same.Cause && f.Node == same.Node && f.Binder == same.Binder
		})
		if at < 0 {
			found = append(found, same)
		} else {
			found[at].Launches++
		}
	}
	slices.SortStableFunc(found, func(a, b Failures) int { return b.Launches - a.Launches })
	return found
}

func (l *Launch) node() string {
	if l.Evidence == nil {
		return ""
	}
	return l.Evidence.Node
}
