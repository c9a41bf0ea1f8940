package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

const nodesDrainLong = `Empty nodes without hurting users: cordon them, have the infrastructure move
elsewhere, and leave users' servers and image builds to finish.

Pods are evicted, so disruption budgets are honoured; one that holds pods back is
named, and the pods are tried again until --timeout while the rest goes on. All
nodes are drained side by side. What may be evicted is what kubectl would: pods of
DaemonSets and static pods stay, pods that nothing would make again take --force,
pods with files of their own on the node take --delete-emptydir-data. Such pods
are listed, and nothing is done, unless the flag is given.

--users says what becomes of users and builds:

  wait          they are left alone; the command says who remains, and when the
                last should have ended (the default)
  evict         they are cut off
  deadline=AGE  they are left alone for so long, and those who remain then are
                cut off; the command stays until then

A pod is evicted only if it still is the very pod that was looked at. What comes
to a node between the plan and the cordon is treated by the same rules, but nobody
is cut off who was not in the plan.

Ctrl-C leaves the nodes cordoned; --undo uncordons what a drain has cordoned, and
nothing else.`

const nodesDrainExample = `  # Move everything but the users off a node, and see who remains
  binderctl nodes drain gke-prod-a-ssd-pool-972e4826-2fhq

  # All that is cordoned, until the last user has ended
  binderctl nodes drain --cordoned --wait

  # Users may stay for two hours more
  binderctl nodes drain gke-prod-a-ssd-pool-972e4826-2fhq --users deadline=2h

  # Never mind
  binderctl nodes drain --undo`

type nodesDrainOptions struct {
	nodeChange
	cordoned    bool
	undo        bool
	users       usersFlag
	maxAge      ageFlag
	force       bool
	emptyDir    bool
	allowNoRoom bool
	reason      string
	wait        bool
	timeout     time.Duration
}

// defaultDrainTimeout is how long pods may take to leave a node: what runs there
// has 30 s to end (Kubernetes' default), and a budget may have to wait until
// what was moved is ready elsewhere.
const defaultDrainTimeout = 10 * time.Minute

func newNodesDrain(app *App) *cobra.Command {
	opts := nodesDrainOptions{users: usersFlag{policy: nodes.UsersWait}, maxAge: ageFlag{age: nodes.DefaultMaxAge, given: true}}
	cmd := &cobra.Command{
		Use:               "drain (NODE… | --cordoned | --undo [NODE…]) [flags]",
		Short:             "Move the infrastructure off nodes and let users finish",
		Long:              nodesDrainLong,
		Example:           nodesDrainExample,
		ValidArgsFunction: completeNodes(app),
		Args: func(_ *cobra.Command, names []string) error {
			switch {
			case len(names) == 0 && !opts.cordoned && !opts.undo:
				return usagef("name the nodes, or all that are cordoned with --cordoned")
			case len(names) > 0 && opts.cordoned:
				return usagef("name the nodes or give --cordoned, not both")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, names []string) error {
			opts.called(cmd, names)
			if opts.undo {
				return nodesDrainUndo(cmd.Context(), app, opts)
			}
			return nodesDrain(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&opts.cordoned, "cordoned", false, "all nodes that are cordoned, by whomsoever")
	flags.BoolVar(&opts.undo, "undo", false, "uncordon what a drain has cordoned: the nodes that are named, or all of yours")
	flags.Var(&opts.users, "users", "what becomes of users and builds: wait, evict or deadline=`AGE`")
	flags.StringVar(&opts.reason, "reason", "", "why, for whoever finds the node later")
	drainFlags(cmd, &opts)
	opts.add(cmd)
	completeWith(cmd, "users", []string{"wait", "evict", "deadline="})
	drainNeeds(cmd)
	cmd.MarkFlagsMutuallyExclusive("cordoned", "undo")
	for _, flag := range []string{"users", "max-age", "force", "delete-emptydir-data", "wait", "timeout", "reason", "allow-no-room"} {
		cmd.MarkFlagsMutuallyExclusive("undo", flag)
	}
	return cmd
}

// drainFlags are those that whatever drains has.
func drainFlags(cmd *cobra.Command, opts *nodesDrainOptions) {
	flags := cmd.Flags()
	flags.Var(&opts.maxAge, "max-age", "after what `AGE` the Hub ends a session, to say when the last should have ended")
	flags.BoolVar(&opts.force, "force", false, "also pods that nothing would make again; on a node whose kubelet is silent, remove the records of what is evicted though it may live on")
	flags.BoolVar(&opts.emptyDir, "delete-emptydir-data", false, "also pods with files of their own on the node, which are lost")
	flags.BoolVar(&opts.wait, "wait", false, "stay until the users and builds that remain have ended")
	flags.DurationVar(&opts.timeout, "timeout", defaultDrainTimeout, "how long the pods that are evicted may take to be gone; 0 is for ever; users have their own time")
	allowNoRoomFlag(cmd, &opts.allowNoRoom)
}

// drainNeeds is what whatever drains needs.
func drainNeeds(cmd *cobra.Command) {
	setNeeds(cmd,
		need{Resource: "nodes", Verbs: []string{"list", "get", "patch"}, Cluster: true, Why: "to see the nodes and to cordon them"},
		need{Resource: "pods", Verbs: []string{"list", "watch", "get"}, Cluster: true, Why: "to plan, and to see pods go"},
		need{Resource: "pods/eviction", Verbs: []string{"create"}, Cluster: true, Why: "to have them go"},
		need{Resource: "pods", Verbs: []string{"delete"}, Cluster: true, Flag: "--force", Why: "to remove the records of pods on dead nodes"},
		need{Group: "apps", Resource: "daemonsets", Verbs: []string{"get"}, Cluster: true, Why: "to tell pods that stay from those left over; without it all stay"},
		need{Group: "policy", Resource: "poddisruptionbudgets", Verbs: []string{"list"}, Cluster: true, Why: "to name what holds pods back"},
		need{Resource: "services", Verbs: []string{"list"}, Cluster: true, Why: "to say which services would have no node left"})
	addNeeds(cmd, "", gateNeeds()...)
}

// policy turns the flags into the policy they mean.
func (o *nodesDrainOptions) policy(now time.Time, purpose nodes.Purpose) (nodes.DrainPolicy, error) {
	if o.timeout < 0 {
		return nodes.DrainPolicy{}, usagef("--timeout %s: want a positive duration, or 0 for ever", o.timeout)
	}
	policy := nodes.DrainPolicy{
		Users: o.users.policy, MaxAge: nodes.Span(o.maxAge.age), Force: o.force, EmptyDir: o.emptyDir,
		NoRoom: o.allowNoRoom, For: purpose,
	}
	if o.users.policy == nodes.UsersDeadline {
		policy.Deadline = now.Add(o.users.after).UTC().Truncate(time.Second)
	}
	return policy, nil
}

// mayDrain is what it takes to drain.
func mayDrain() []cluster.Permission {
	return []cluster.Permission{
		{Verb: "patch", Resource: "nodes"},
		{Verb: "list", Resource: "pods"},
		{Verb: "watch", Resource: "pods"},
		{Verb: "create", Resource: "pods", Subresource: "eviction"},
	}
}

func nodesDrain(ctx context.Context, app *App, opts nodesDrainOptions) error {
	policy, err := opts.policy(app.Now(), nodes.ForDrain)
	if err != nil {
		return err
	}
	client, err := opts.begin(ctx, app, mayDrain()...)
	if err != nil {
		return err
	}
	wanted := nodes.Wanted{Names: opts.names, Cordoned: opts.cordoned}
	plan, err := nodes.PlanDrain(ctx, client, wanted, policy, app.operator(ctx, client), opts.reason)
	if err != nil {
		return wrongName(err)
	}
	if len(plan.Nodes) == 0 {
		app.Term.Say("no node is cordoned, so there is nothing to drain")
	}
	return app.drain(ctx, client, &drainReport{plan: plan}, opts)
}
