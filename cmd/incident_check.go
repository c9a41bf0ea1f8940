package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentCheckLong = `Tell whether the incident is over: what has to hold, whether it does, and since
when it has in every check.

What could not be seen is unknown, which is not passed, and says what would let it
be seen. --skip leaves a criterion out, and the reason is recorded.

Launches are real ones, from the BinderHub of the namespace, and their servers are
stopped again: two from an image that is there, and one that is built anew, which
may take minutes and leaves an image in the registry. They come last, and not at
all if something else does not hold: a service in trouble gets no more load.
Whoever has no way to the BinderHub says --no-launches, and the answer says that
they were not looked at.

` + hubHelp + `

Each check is recorded, and the next one compares: whether pods that wait become
fewer, and pods that the Hub lost no more. Without an open incident nothing is
recorded.

The exit code is 0 if all holds and 3 if not.`

const incidentCheckExample = `  # Is it over?
  binderctl incident check

  # At once, without what takes minutes
  binderctl incident check --fresh-launches 0

  # Without what cannot be seen here
  binderctl incident check --skip 'nodes=I may not read nodes, Ben looked'`

type incidentCheckOptions struct {
	hub        hubFlags
	launch     launchCheckFlags
	skip       skipFlag
	maxPending ageFlag
	shown      shownFlags
}

func (o *incidentCheckOptions) add(cmd *cobra.Command) {
	o.maxPending = ageFlag{defaultMaxPending, true}
	flags := cmd.Flags()
	flags.Var(&o.skip, "skip", "leave out a criterion: `NAME=REASON`; names: "+strings.Join(criterionNames(), ", ")+"; repeatable")
	flags.Var(&o.maxPending, "max-pending", "how long a user's pod may wait for its turn, an `AGE`")
	o.launch.add(cmd)
	o.hub.add(cmd)
	o.shown.add(cmd)
	completeWith(cmd, "skip", criterionNames())
}

// diedLately is how long ago a pod may have died for it to count though it does
// not loop: long enough for a burst to show, short enough for what went wrong
// before the mend to be forgotten.
const diedLately = 15 * time.Minute

// checkNeeds are what looking at all criteria needs.
func checkNeeds(cmd *cobra.Command) {
	addNeeds(cmd, "",
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to count users' pods; watch is for lists that stream"},
		need{Resource: "events", Verbs: []string{"list"}, Why: "to tell what fails"},
		need{Resource: "pods/log", Verbs: []string{"get"}, Why: "to look for signs of trouble in the Hub's log"},
		need{Resource: "services", Verbs: []string{"list"}, Why: "to see whether one leads to the hub pod, where none is called hub"},
		need{Resource: "services", Names: []string{"proxy-public"}, Verbs: []string{"get"}, Why: "to know the address of users' servers, for launches"},
		need{Group: "networking.k8s.io", Resource: "ingresses", Verbs: []string{"list"}, Why: "to find the BinderHub; not needed with --binder-url or --no-launches"},
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Cluster: true, Why: "to compare nodes by their pods"},
		need{Resource: "nodes", Verbs: []string{"list", "get"}, Cluster: true, Why: "to look for suspect ones"},
		need{Resource: "events", Verbs: []string{"list"}, Cluster: true, Why: "to see what kernels and kubelets reported"},
		need{Resource: "namespaces", Verbs: []string{"list"}, Cluster: true, Why: "to see the pods of some namespaces where those of all are not allowed"},
		need{Group: "coordination.k8s.io", Resource: "leases", Verbs: []string{"list"}, Cluster: true, Why: "to see which kubelets are alive"})
	addNeeds(cmd, "", hubNeeds()...)
}

func newIncidentCheck(app *App) *cobra.Command {
	var opts incidentCheckOptions
	cmd := &cobra.Command{
		Use:     "check [flags]",
		Short:   "Tell whether it is over, with evidence for each criterion",
		Long:    incidentCheckLong,
		Example: incidentCheckExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return incidentCheck(cmd.Context(), app, opts) },
	}
	opts.add(cmd)
	setNeeds(cmd, incidentNeeds(pageNeed())...)
	checkNeeds(cmd)
	return cmd
}

func incidentCheck(ctx context.Context, app *App, opts incidentCheckOptions) error {
	x, err := app.newExaminer(&opts)
	if err != nil {
		return err
	}
	d, view, err := app.survey(ctx)
	if err != nil {
		return err
	}
	check, err := x.check(ctx, d, &view)
	if err != nil {
		return err
	}
	if err := app.printCheck(check, &view, opts); err != nil {
		return err
	}
	if check.Passed {
		return nil
	}
	return unhealthyError{}
}

// check looks at all criteria and records what came of it.
func (x *examiner) check(ctx context.Context, d *desk, view *incident.View) (incident.Check, error) {
	app := x.app
	x.client, x.hub = d.client, lookAtHub(d.client, x.options)
	if view.Incident != nil {
		x.before = view.Incident.LastCheck()
	}
	progress := app.Term.Start("checking", 0)
	x.progress = progress
	criteria := x.criteria()
	progress.Total(len(criteria))
	for i := range criteria {
		look := criteria[i].Look
		criteria[i].Look = func(ctx context.Context) incident.Evidence {
			defer progress.Step(1)
			return look(ctx)
		}
	}
	check := incident.RunCheck(ctx, criteria, x.opts.skipped(), x.before, d.Me, d.client.ServerNow)
	progress.Done()
	if ctx.Err() != nil {
		return check, stopped(ctx)
	}
	if view.Incident == nil {
		app.Term.Say("no incident is open, so this is not recorded")
		return check, nil
	}
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	err := d.Change(limited, view, func(in *incident.Incident) { in.AddCheck(check) }, d.Entry(incident.Checked, checkEntry(check)))
	app.tellUnsaid(*view)
	return check, app.wroteAlone(err)
}

// skipped are the criteria that are left out, with the reasons.
func (o *incidentCheckOptions) skipped() map[string]string {
	reasons := maps.Clone(o.skip.reasons)
	if o.launch.none && reasons[criterionLaunches] == "" {
		if reasons == nil {
			reasons = map[string]string{}
		}
		reasons[criterionLaunches] = notLaunched
	}
	return reasons
}

// checkEntry is what the timeline says of a check.
func checkEntry(check incident.Check) string {
	if check.Passed {
		text := "check: passed"
		if skipped := named(check, incident.Skipped); len(skipped) > 0 {
			text += ", without " + strings.Join(skipped, ", ")
		}
		return text
	}
	var parts []string
	for _, state := range []incident.State{incident.Not, incident.Unknown} {
		if names := named(check, state); len(names) > 0 {
			parts = append(parts, strings.Join(names, ", ")+" ("+string(state)+")")
		}
	}
	return "check: not passed: " + strings.Join(parts, "; ")
}

func named(check incident.Check, state incident.State) []string {
	var names []string
	for _, r := range check.Results {
		if r.State == state {
			names = append(names, r.Name)
		}
	}
	return names
}

// skipFlag is NAME=REASON, repeatedly.
type skipFlag struct{ reasons map[string]string }

func (f *skipFlag) String() string {
	var parts []string
	for name, reason := range f.reasons {
		parts = append(parts, name+"="+reason)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func (f *skipFlag) Set(text string) error {
	name, reason, _ := strings.Cut(text, "=")
	switch reason = strings.TrimSpace(reason); {
	case !slices.Contains(criterionNames(), name):
		return fmt.Errorf("no criterion is called %q; there are %s", name, strings.Join(criterionNames(), ", "))
	case reason == "":
		return errors.New("want a reason, which is recorded: " + name + "=REASON")
	}
	if f.reasons == nil {
		f.reasons = map[string]string{}
	}
	f.reasons[name] = reason
	return nil
}

func (f *skipFlag) Type() string { return "NAME=REASON" }
