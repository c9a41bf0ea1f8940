package cmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/incident"
)

// hubSight is what three criteria see of the Hub at one look.
type hubSight struct {
	view     hub.View
	pods     hub.Sighting
	settings hub.Settings
}

// lookAtHub looks at the Hub when first asked, and once.
func lookAtHub(client *cluster.Client, options hub.Options) func(context.Context) (*hubSight, error) {
	var once sync.Once
	var sight *hubSight
	var err error
	return func(ctx context.Context) (*hubSight, error) {
		once.Do(func() { sight, err = seeHub(ctx, client, options) })
		return sight, err
	}
}

func seeHub(ctx context.Context, client *cluster.Client, options hub.Options) (*hubSight, error) {
	api, err := hub.Connect(ctx, client, options)
	if err != nil {
		return nil, err
	}
	defer api.Close()
	// The pods first: what is made while the Hub is asked is too young to judge.
	sight := &hubSight{settings: api.Settings}
	if sight.pods, err = hub.ReadUserPods(ctx, client); err != nil {
		return nil, err
	}
	sight.view, err = api.View(ctx)
	return sight, err
}

// strangers counts pods that are old enough for the Hub to know them, and those
// of them that it does not.
func (s *hubSight) strangers() (judged, unknown int) {
	for i := range s.pods.Pods {
		pod := &s.pods.Pods[i]
		young := s.pods.At.Sub(pod.Created) < s.settings.StartTimeout
		if young || pod.Doubt != "" || !pod.GoneBy.IsZero() {
			continue
		}
		judged++
		if _, known := s.view.Servers[pod.Key]; !known {
			unknown++
		}
	}
	return judged, unknown
}

// blindAt is which part of the pods a Hub that sees them knows: with a dead
// reflector it forgets one after the other, without one it loses single pods.
const blindAt = 0.5

func (x *examiner) hubAnswers(ctx context.Context) incident.Evidence {
	sight, err := x.hub(ctx)
	switch {
	case errors.Is(err, hub.ErrUnreachable):
		return incident.Evidence{State: incident.Not, Says: inWords(err), Next: "is its pod well? binderctl pods list --kind hub"}
	case err != nil:
		return x.unseen(err, "hub", "restart")
	}
	judged, unknown := sight.strangers()
	e := incident.Evidence{State: incident.OK, Says: fmt.Sprintf("JupyterHub %s answers and knows %d of %s", sight.view.Version, judged-unknown, count(judged, "pod"))}
	if float64(unknown) > blindAt*float64(judged) {
		e.State, e.Next = incident.Not, "it does not see its pods: binderctl hub restart"
	}
	return e
}

func (x *examiner) orphans(ctx context.Context) incident.Evidence {
	sight, err := x.hub(ctx)
	if err != nil {
		return x.unseen(err, "hub", "restart")
	}
	judged, unknown := sight.strangers()
	return orphansEvidence(judged, unknown, x.countBefore(criterionOrphans))
}

func orphansEvidence(judged, unknown int, before *int) incident.Evidence {
	e := incident.Evidence{State: incident.OK, Says: fmt.Sprintf("the Hub does not know %d of %s", unknown, count(judged, "pod")), Count: &unknown}
	switch {
	case unknown == 0:
	case before == nil:
		e.State, e.Next = incident.Unknown, "check again in a few minutes, to see whether they become more"
	case unknown > *before:
		e.State, e.Next = incident.Not, "does the Hub see its pods? binderctl hub restart --dry-run"
	}
	if before != nil {
		e.Says += fmt.Sprintf(" (%d at the check before)", *before)
	}
	return e
}

// cullerSlack is how far beyond the maximum age a server may be: the culler looks
// every so often, and a pod takes its time to end.
const cullerSlack = 5 * time.Minute

func (x *examiner) culler(ctx context.Context) incident.Evidence {
	sight, err := x.hub(ctx)
	if err != nil {
		return x.unseen(err, "hub", "restart")
	}
	return cullerEvidence(sight)
}

func cullerEvidence(sight *hubSight) incident.Evidence {
	settings := sight.settings
	switch {
	case !settings.Read:
		return incident.Evidence{State: incident.Unknown, Says: "how the Hub was deployed could not be read", Next: "it takes the right to read the Hub's Secret: binderctl rbac hub restart"}
	case !settings.Culls:
		return incident.Evidence{State: incident.OK, Says: "this Hub has no culler"}
	case settings.MaxAge == 0:
		return incident.Evidence{State: incident.OK, Says: "the culler has no maximum age, so nothing can be overdue"}
	}
	overdue, oldest := 0, time.Duration(0)
	for i := range sight.pods.Pods {
		pod := &sight.pods.Pods[i]
		if _, known := sight.view.Servers[pod.Key]; !known {
			continue // the culler stops what the Hub knows: the rest are orphans
		}
		age := sight.pods.At.Sub(pod.Created)
		oldest = max(oldest, age)
		if age > settings.MaxAge+settings.CullEvery+cullerSlack {
			overdue++
		}
	}
	e := incident.Evidence{
		State: incident.OK, Count: &overdue,
		Says: fmt.Sprintf("%s overdue; the oldest server is %s old, and the culler's maximum %s", count(overdue, "server"), ui.Age(oldest), ui.Age(settings.MaxAge)),
	}
	if overdue > 0 {
		e.State, e.Next = incident.Not, "binderctl pods cull --older-than "+ui.Age(settings.MaxAge)+"; the culler lives in the Hub: binderctl hub restart --dry-run"
	}
	return e
}
