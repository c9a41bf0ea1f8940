package drill

import (
	"slices"
	"time"
)

// sweep is how long after a request to end all pods of a namespace a session's end
// is put down to it.
const sweep = time.Minute

// ended counts the sessions that the operator ended: those of pods that the journal
// says were to go, through the Hub for instance, or that the API server was told by
// an operator, with whatever program, to delete or evict. A session is a pod that ran
// and that the Hub knew. Those that users or the Hub ended are not the operator's.
func ended(p Played) int {
	wanted, sweeps := p.wanted()
	count := 0
	for _, e := range p.Events {
		at, named := wanted[e.Pod]
		swept := slices.ContainsFunc(sweeps, func(at time.Time) bool { return !e.At.Before(at) && e.At.Sub(at) < sweep })
		if e.Event == Ended && (named && !e.At.Before(at) || swept) {
			count++
		}
	}
	return count
}

// wanted are the pods that the operator wanted to go, by when that was first, and
// when all of a namespace were to.
func (p Played) wanted() (pods map[string]time.Time, sweeps []time.Time) {
	pods = map[string]time.Time{}
	add := func(pod string, at time.Time) {
		if before, known := pods[pod]; !known || at.Before(before) {
			pods[pod] = at
		}
	}
	for _, change := range p.Changes {
		for _, pod := range change.Pods {
			add(pod, change.At)
		}
	}
	for _, r := range p.Requests {
		one, all := r.ends()
		if one {
			add(r.Name, r.At)
		}
		if all {
			sweeps = append(sweeps, r.At)
		}
	}
	return pods, sweeps
}
