package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/incident"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// The criteria of the exit gate, by name.
const (
	criterionLaunches   = "launches"
	criterionPending    = "pending"
	criterionCrashloops = "crashloops"
	criterionNodes      = "nodes"
	criterionHub        = "hub"
	criterionOrphans    = "orphans"
	criterionCuller     = "culler"
)

// criterionPatience is how long looking at a criterion may take: a cluster that
// is over an incident answers faster.
const criterionPatience = 30 * time.Second

// defaultMaxPending is how long a user's pod may wait: as long as BinderHub waits
// for a launch (its launch_timeout is 10 minutes by default) it may still succeed.
const defaultMaxPending = 10 * time.Minute

// examiner looks at the criteria.
type examiner struct {
	app     *App
	opts    *incidentCheckOptions
	options hub.Options

	// What the check knows once it has begun.
	client   *cluster.Client
	before   *incident.Check // nil if there was none
	hub      func(context.Context) (*checkup.Evidence, error)
	progress *ui.Progress
}

// newExaminer refuses a call that is wrong before anything is asked.
func (app *App) newExaminer(opts *incidentCheckOptions) (*examiner, error) {
	if err := opts.launch.check(); err != nil {
		return nil, err
	}
	options, err := opts.hub.options(app)
	return &examiner{app: app, opts: opts, options: options}, err
}

// criteria are what has to hold before an incident is over. A further one is a
// name and a function here.
func (x *examiner) criteria() []incident.Criterion {
	list := []incident.Criterion{
		{
			Name: criterionLaunches, Holds: "launches pass, down to a kernel that computes", Look: x.launches,
			Limit: x.opts.launch.timeout, Grace: launchSlack,
			Costly: "by itself: binderctl launch test " + string(x.opts.launch.repo),
		},
		{Name: criterionPending, Holds: "pods that wait for their turn become fewer, and none has waited for long", Look: x.pending},
		{Name: criterionCrashloops, Holds: "no container fails again and again", Look: x.crashloops},
		{Name: criterionNodes, Holds: "no node is suspect that takes new pods", Look: x.nodes},
		{Name: criterionHub, Holds: "the Hub is healthy and sees its pods", Look: x.hubHealthy},
		{Name: criterionOrphans, Holds: "pods that the Hub lost do not become more", Look: x.orphans},
		{Name: criterionCuller, Holds: "the culler is alive: nothing outlives its maximum age", Look: x.culler},
	}
	for i := range list {
		list[i].Limit = cmp.Or(list[i].Limit, criterionPatience)
	}
	return list
}

// criterionNames are the words that --skip takes.
func criterionNames() []string {
	return []string{criterionLaunches, criterionPending, criterionCrashloops, criterionNodes, criterionHub, criterionOrphans, criterionCuller}
}

// unseen is the evidence of what could not be looked at.
func unseen(err error, command ...string) incident.Evidence {
	next := "try again; or leave it out with --skip NAME=REASON"
	if _, missing := errors.AsType[*cluster.MissingPermissionError](err); missing || apierrors.IsForbidden(err) {
		next = "the role it takes: binderctl rbac " + strings.Join(command, " ")
	}
	return incident.Evidence{State: incident.Unknown, Says: "could not be seen: " + inWords(err), Next: next}
}

// pending counts users' pods that wait.
func (x *examiner) pending(ctx context.Context) incident.Evidence {
	waiting, long := 0, 0
	var oldest time.Time
	filter := pods.Filter{Group: pods.Users, Phases: []corev1.PodPhase{corev1.PodPending}}
	now := x.client.ServerNow()
	_, err := pods.List(ctx, x.client, x.client.Where.Namespace, filter, func() { waiting, long, oldest = 0, 0, time.Time{} }, func(p pods.Pod) {
		if p.Deleting {
			return
		}
		waiting++
		oldest = earlier(oldest, p.Created)
		if p.Age(now) > x.opts.maxPending.age {
			long++
		}
	})
	if err != nil {
		return unseen(err, "incident", "check")
	}
	return pendingEvidence(waiting, long, time.Duration(secondsSince(x.client.ServerNow(), oldest))*time.Second, x.opts.maxPending.age, x.countBefore(criterionPending))
}

// pendingEvidence judges how many wait, and for how long. before is how many did
// at the check before; nil if there was none. New ones come and go on the best of
// days, so a few more than before are no trend.
func pendingEvidence(waiting, long int, oldest, limit time.Duration, before *int) incident.Evidence {
	e := incident.Evidence{State: incident.OK, Says: fmt.Sprintf("%d waiting", waiting), Count: &waiting}
	if waiting > 0 {
		e.Says += ", the oldest for " + ui.Age(oldest)
	}
	if before != nil {
		e.Says += fmt.Sprintf(" (%d at the check before)", *before)
	}
	switch {
	case long > 0:
		e.State, e.Next = incident.Not, "why do they wait? binderctl nodes list; binderctl pods list --phase Pending"
		e.Says += fmt.Sprintf("; %d for more than %s", long, ui.Age(limit))
	case before != nil && waiting > *before+fewPending:
		e.State, e.Next = incident.Not, "is there room? binderctl nodes list"
	case before == nil && waiting > fewPending:
		e.State, e.Next = incident.Unknown, "check again in a minute, to see whether they become fewer"
	}
	return e
}

// fewPending is how many pods wait on an ordinary day: a node fits a hundred or
// so, and a handful is always on its way.
const fewPending = 10

func (x *examiner) countBefore(name string) *int {
	if result := x.before.Find(name); result != nil {
		return result.Count
	}
	return nil
}

// crashloops looks in the Hub's namespace: elsewhere other people's programs may
// fail for reasons of their own, and what a sick node does there counts against
// the node.
func (x *examiner) crashloops(ctx context.Context) incident.Evidence {
	d, err := pods.Crashloops(ctx, x.client, x.client.Where.Namespace, pods.CrashloopOptions{Since: diedLately})
	if err != nil {
		return unseen(err, "pods", "crashloops")
	}
	if d.Healthy() {
		return incident.Evidence{State: incident.OK, Says: "none in " + count(d.Pods, "pod"), Count: new(0)}
	}
	var names []string
	for _, row := range everyCrash(d, d.At) {
		names = append(names, row.pod)
	}
	return incident.Evidence{
		State: incident.Not, Says: fmt.Sprintf("%d failing: %s", len(names), someOf(names)), Count: new(len(names)),
		Next: "binderctl pods crashloops -n " + x.client.Where.Namespace,
	}
}

// nodes looks for suspects. One that is cordoned takes no new pods, and so is
// out of the way.
func (x *examiner) nodes(ctx context.Context) incident.Evidence {
	found, err := nodes.FindUnhealthy(ctx, x.client)
	if err != nil {
		return unseen(err, "nodes", "find-unhealthy")
	}
	var open, closed []string
	for _, suspect := range found.Unhealthy() {
		if suspect.Cordoned != nil {
			closed = append(closed, suspect.Name)
		} else {
			open = append(open, suspect.Name)
		}
	}
	e := incident.Evidence{State: incident.OK, Says: "none of " + count(found.Nodes, "node"), Count: new(len(open))}
	if len(closed) > 0 {
		e.Says += fmt.Sprintf("; %d cordoned and suspect: %s", len(closed), someOf(closed))
	}
	switch {
	case len(open) > 0:
		e.State, e.Says = incident.Not, fmt.Sprintf("%d suspect: %s", len(open), someOf(open))
		e.Next = "binderctl nodes find-unhealthy"
	case len(found.Missing) > 0:
		missing := found.Missing[0]
		e.State, e.Says = incident.Unknown, fmt.Sprintf("none by what could be seen; no %s: %s", missing.List, missing.Why)
		e.Next = "the role it takes: binderctl rbac nodes find-unhealthy"
	case len(found.Unseen) > 0:
		e.State, e.Says = incident.Unknown, "none by what could be seen; you may not list pods in "+someOf(found.Unseen)
		e.Next = "the role it takes: binderctl rbac nodes find-unhealthy"
	}
	return e
}
