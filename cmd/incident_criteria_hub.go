package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/incident"
)

// lookAtHub examines the Hub when one of the criteria that go by it first asks,
// and once. What went wrong before the mend is forgotten with the log's end.
func lookAtHub(client *cluster.Client, options hub.Options) func(context.Context) (*checkup.Evidence, error) {
	var once sync.Once
	var evidence *checkup.Evidence
	var err error
	return func(ctx context.Context) (*checkup.Evidence, error) {
		once.Do(func() {
			evidence, err = checkup.Look(ctx, client, checkup.Options{Hub: options, Since: diedLately, Patience: criterionPatience})
		})
		return evidence, err
	}
}

func (x *examiner) hubHealthy(ctx context.Context) incident.Evidence {
	e, err := x.hub(ctx)
	if err != nil {
		return unseen(err, "hub", "status")
	}
	return hubEvidence(checkup.Judge(e), e.Blank())
}

func hubEvidence(report checkup.Report, blank bool) incident.Evidence {
	e := incident.Evidence{State: incident.Not, Says: string(report.Verdict) + ": " + report.Reason, Next: "binderctl hub status"}
	switch {
	case blank, report.Verdict == checkup.Unknown:
		e.State = incident.Unknown
	case report.Verdict == checkup.Healthy:
		e.State = incident.OK
	}
	return e
}

// passing is how many pods the Hub may not know at a moment because it is just
// taking them up, or letting them go.
const passing = 3

// lostByHub counts the pods that the Hub has lost, and those that it may yet take
// up if they are more than an ordinary moment has: a Hub that has gone blind makes
// more of both.
func lostByHub(drift checkup.Drift) int {
	lost, doubtful := drift.Certain[hub.Orphan], drift.Possible[hub.Orphan]
	if doubtful < passing {
		return lost
	}
	return lost + doubtful
}

func (x *examiner) orphans(ctx context.Context) incident.Evidence {
	e, err := x.hub(ctx)
	if err != nil {
		return unseen(err, "pods", "orphans")
	}
	if !e.Drift.Seen {
		return unseenOfHub(e)
	}
	return orphansEvidence(e.Drift.Judged, lostByHub(e.Drift), x.countBefore(criterionOrphans))
}

// unseenOfHub is that nothing is known of a Hub's servers, and why. What would let
// them be seen, which may be a role, is told by hub status.
func unseenOfHub(e *checkup.Evidence) incident.Evidence {
	why := make([]string, len(e.Unseen))
	for i, missing := range e.Unseen {
		why[i] = missing.What + ": " + missing.Why
	}
	if len(why) == 0 {
		why = []string{"the Hub's servers were not compared with the pods"}
	}
	return incident.Evidence{State: incident.Unknown, Says: "could not be seen: " + strings.Join(why, "; "), Next: "binderctl hub status"}
}

// orphansEvidence judges by the check before whether orphans become more. That
// there are some that nobody has culled yet does not hold up the end of an
// incident.
func orphansEvidence(judged, lost int, before *int) incident.Evidence {
	e := incident.Evidence{State: incident.OK, Says: fmt.Sprintf("%d of %s", lost, count(judged, "pod")), Count: &lost}
	if before != nil {
		e.Says += fmt.Sprintf(" (%d at the check before)", *before)
	}
	switch {
	case lost == 0:
	case before == nil:
		e.State, e.Next = incident.Unknown, "check again in a few minutes, to see whether they become more; which they are: binderctl pods orphans"
	case lost > *before:
		e.State, e.Next = incident.Not, "does the Hub see its pods? binderctl hub status; which they are: binderctl pods orphans"
	}
	return e
}

func (x *examiner) culler(ctx context.Context) incident.Evidence {
	e, err := x.hub(ctx)
	if err != nil {
		return unseen(err, "hub", "status")
	}
	return cullerEvidence(e)
}

func cullerEvidence(e *checkup.Evidence) incident.Evidence {
	checks := checkup.Judge(e).Checks
	at := slices.IndexFunc(checks, func(c checkup.Check) bool { return c.Name == checkup.ByCuller })
	if at < 0 {
		if !e.Drift.Seen {
			return unseenOfHub(e)
		}
		return incident.Evidence{
			State: incident.Unknown, Says: "how the Hub was deployed could not be read",
			Next: "it takes the right to read the Hub's Secret: binderctl rbac hub status",
		}
	}
	overdue := e.Drift.Certain[hub.Overdue] + e.Drift.Possible[hub.Overdue]
	seen := incident.Evidence{State: incident.OK, Says: checks[at].Says, Count: &overdue}
	if checks[at].State == checkup.Bad {
		seen.State, seen.Next = incident.Not, "it lives in the hub pod: binderctl hub restart --dry-run; those that are too old: binderctl pods orphans"
	}
	return seen
}
