package cmd

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

const podsCrashloopsLong = `Find every container that fails, in all namespaces, and what their pods have in
common.

Of each failing container, be it an init container, a sidecar or a pod's main
one: how it last died and how often it was started again, what events tell, who
made its pod, its node, and the end of its log before it died. A user's pod is
not started again when it fails; many that fail at about the same time are shown
as one line.

Below, what the sick pods have in common: a node, a zone, a node pool, an owner,
an image, a repository, an age. SICK of the sick pods share it and ALL of all
pods, and what chance explains better is not shown. Pods count as sick also if
one of their containers died lately (--since) and runs again.

The exit code is 3 if anything fails and 0 if nothing does.`

const podsCrashloopsExample = `  # Everything that fails, and whether it is a node's fault
  binderctl pods crashloops

  # In one namespace, with more of the logs
  binderctl pods crashloops -n prod --logs 20

  # What the sick pods have in common, for another program
  binderctl pods crashloops --logs 0 -o 'jsonpath={.common}'`

type podsCrashloopsOptions struct {
	everywhere bool
	since      ageFlag
	lines      int
	output     ui.Format
}

const (
	defaultLogLines    = 3             // enough for an exception's last words
	defaultFailedSince = 2 * time.Hour // as long as it may take until somebody is called
)

func newPodsCrashloops(app *App) *cobra.Command {
	opts := podsCrashloopsOptions{since: ageFlag{defaultFailedSince, true}}
	cmd := &cobra.Command{
		Use:     "crashloops [flags]",
		Aliases: []string{"crashloop"},
		Short:   "Find the containers that fail and what they have in common",
		Long:    podsCrashloopsLong,
		Example: podsCrashloopsExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			limited := cmd.Flags().Changed("namespace") && !opts.everywhere
			return podsCrashloops(cmd.Context(), app, opts, limited)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&opts.everywhere, "all-namespaces", "A", false, "in all namespaces, which is the default without -n")
	flags.Var(&opts.since, "since", "count what died within this `AGE` and does not loop, such as users' pods")
	flags.IntVar(&opts.lines, "logs", defaultLogLines, "show the last `N` lines of the log of each; 0 reads no logs")
	outputFlag(cmd, &opts.output)
	setNeeds(
		cmd,
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to find what fails; watch is for lists that stream"},
		need{Resource: "pods/log", Verbs: []string{"get"}, Why: "for the last words of what died"},
		need{Resource: "events", Verbs: []string{"list"}, Why: "to tell how often, and which probes fail"},
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "a sick node may show itself in any namespace", Cluster: true},
		need{Resource: "pods/log", Verbs: []string{"get"}, Why: "likewise", Cluster: true},
		need{Resource: "events", Verbs: []string{"list"}, Why: "likewise", Cluster: true},
		need{Resource: "namespaces", Verbs: []string{"list"}, Why: "for who may read pods in some namespaces, but not in all", Cluster: true},
		need{Resource: "nodes", Verbs: []string{"list"}, Why: "to compare zones and node pools", Cluster: true},
	)
	return cmd
}

func podsCrashloops(ctx context.Context, app *App, opts podsCrashloopsOptions, limited bool) error {
	if opts.lines < 0 {
		return usagef("--logs %d: want 0 or more lines", opts.lines)
	}
	client, err := app.dial() // all namespaces are looked at, so the Hub's need not be found
	if err != nil {
		return err
	}
	if !limited {
		client.Where.Namespace = ""
	}
	if opts.output == ui.CSV || opts.output == ui.Name {
		opts.lines = 0 // there is no room for logs
	}
	diagnosis, err := pods.Crashloops(ctx, client, client.Where.Namespace, pods.CrashloopOptions{
		Since: opts.since.age, Lines: opts.lines,
	})
	if apierrors.IsForbidden(err) && !limited {
		return hintError{err, "look in one namespace with -n NAMESPACE; the role for all: binderctl rbac pods crashloops"}
	}
	if err != nil {
		return err
	}
	for _, missing := range diagnosis.Missing {
		app.Term.Warn("%s", missing)
	}
	if len(diagnosis.Unseen) > 0 {
		app.Term.Warn("you may not list pods in %s; what is there is missing, also from what is compared", strings.Join(diagnosis.Unseen, ", "))
	}
	if err := app.printDiagnosis(client.Where, diagnosis, opts); err != nil {
		return err
	}
	app.conclusion(client.Where, diagnosis)
	app.hintRunbook(bookForCrashes(diagnosis))
	if diagnosis.Healthy() {
		return nil
	}
	return unhealthyError{}
}

// diagnosisDoc is a diagnosis in JSON.
type diagnosisDoc struct {
	Where cluster.Location `json:"where"`
	At    time.Time        `json:"at"`
	pods.Diagnosis
}

func (app *App) printDiagnosis(where cluster.Location, d pods.Diagnosis, opts podsCrashloopsOptions) error {
	doc := diagnosisDoc{where, d.At.Truncate(time.Second), d}
	switch {
	case !opts.output.IsHuman():
		return ui.Print(app.Term, opts.output, ui.Document[crashRow]{
			Doc: doc, Rows: everyCrash(d, d.At), Columns: crashColumns(), Name: crashRow.name,
		})
	case d.Healthy():
		return nil
	default:
		return ui.PrintDoc(app.Term, opts.output, doc, app.showDiagnosis(where, d, opts))
	}
}

// conclusion says on stderr what the tables do not: that there is nothing, or
// what to do next.
func (app *App) conclusion(where cluster.Location, d pods.Diagnosis) {
	switch {
	case d.Pods == 0:
		app.Term.Say("there are no pods in %s", scope(where, d))
	case d.Healthy():
		app.Term.Say("no container is failing in %s of %s", count(d.Pods, "pod"), scope(where, d))
	case len(d.Common) == 0 && d.Sick.Pods > 1:
		app.Term.Say("nothing in common that chance would not explain, among %s", compared(where, d))
	}
	for _, factor := range d.Common {
		if factor.Factor == pods.FactorNode {
			app.Term.Say("next: %s, then", app.again("nodes", "find-unhealthy"))
			if factor.Cordoned {
				app.Term.Say("  %s, which is cordoned already", app.again("nodes", "drain", factor.Value))
				return
			}
			app.Term.Say("  %s", app.again("nodes", "cordon", factor.Value, "--reason", count(factor.Sick, "sick pod")+" on it"))
			return
		}
	}
}

// scope says where pods were looked at.
func scope(where cluster.Location, d pods.Diagnosis) string {
	switch {
	case where.Namespace != "":
		return "namespace " + where.Namespace
	case len(d.Unseen) > 0:
		return "the " + count(d.Namespaces, "namespace") + " you may read"
	default:
		return count(d.Namespaces, "namespace")
	}
}
