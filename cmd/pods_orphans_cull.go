package cmd

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

// cull deletes the orphans through the gate.
func (o *observer) cull(ctx context.Context, look *hub.Look) error {
	if err := sameTime(o.client); err != nil {
		return err
	}
	found := o.findings(look)
	chosen := lostPods(found, o.opts.trust.lostItsPods, look.RoutesRead())
	if len(chosen.Reasons) > 0 {
		if err := o.mayTrust(ctx, look); err != nil && o.opts.removal.changes() {
			return err
		} else if err != nil {
			o.app.Term.Warn("a real cull would be refused: %v", err)
		}
	}
	o.saySpared(found)
	opts := o.opts.removal
	policy, err := opts.policy()
	if err != nil {
		return err
	}
	policy.OlderThan, policy.Only = nil, chosen
	plan, err := pods.PlanCull(ctx, o.client, policy)
	if err != nil {
		return err
	}
	if opts.dryRun == dryRunClient {
		return o.app.printPlan(plan, opts.output)
	}
	opts.confirm = o.confirm(look)
	return cull(ctx, o.app, o.client, plan, nil, opts)
}

// saySpared says what was found besides and is not deleted here.
func (o *observer) saySpared(found []hub.Finding) {
	leaving, routed, perhaps, others := 0, 0, 0, 0
	for _, f := range found {
		switch {
		case f.Class != hub.Orphan:
			others++
		case f.Deleting:
			leaving++
		case f.Perhaps != "":
			perhaps++
		case f.Routed && !o.opts.trust.lostItsPods:
			routed++
		}
	}
	if perhaps > 0 {
		o.app.Term.Warn("%s spared: a server without a pod began with each, so its user may have another name now", count(perhaps, "orphan"))
	}
	if routed > 0 {
		o.app.Term.Warn("%s spared: the proxy still leads there, so somebody may be at work; if the Hub has lost its memory, --hub-lost-its-pods deletes them too", count(routed, "orphan"))
	}
	if leaving > 0 {
		o.app.Term.Warn("%s: deleted before, and does not go; why: %s", count(leaving, "orphan"), o.again("pods", "orphans", "--class", string(hub.Orphan)))
	}
	if others > 0 {
		o.app.Term.Say("besides the orphans: %s, which are not deleted; see them: %s", count(others, "other finding"), o.again("pods", "orphans"))
	}
}

// again is a command to type next, with the flags by which the Hub was reached.
func (o *observer) again(words ...string) string {
	return o.app.again(append(words, o.opts.hub.given()...)...)
}

// confirm asks the Hub, just before a pod goes, whether it still does not know
// it; and once, before the first, whether it still is the Hub that was asked, and
// knows anybody by name. Once it is silent, it is not asked again: it would take
// as long over every other pod.
func (o *observer) confirm(look *hub.Look) func(context.Context, pods.Victim) (string, error) {
	var once sync.Once
	var mu sync.Mutex
	var over error
	heard := func(err error) error {
		mu.Lock()
		defer mu.Unlock()
		if over == nil && errors.Is(err, hub.ErrUnreachable) {
			over = err
		}
		return over
	}
	return func(ctx context.Context, victim pods.Victim) (spare string, err error) {
		once.Do(func() {
			if over = o.stillRuns(ctx); over == nil {
				over = look.Vouch(ctx)
			}
		})
		if err := heard(nil); err != nil {
			return "", err
		}
		server, known, err := o.hub.Server(ctx, hub.Key{User: victim.User, Name: victim.Server})
		_ = heard(err)
		if err != nil || !known {
			return "", err
		}
		return "the Hub knows it now" + since(server.Started), nil
	}
}

func since(started time.Time) string {
	if started.IsZero() {
		return ""
	}
	return ", as started at " + started.Format(time.TimeOnly)
}

// maxAge is the age at which the culler stops every server, without slack.
func (o *observer) maxAge() time.Duration {
	if o.opts.maxAge.given {
		return o.opts.maxAge.age
	}
	return o.settings.MaxAge
}
