package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd/internal/runbook"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
)

const runbookRunLong = `Walk through a runbook. What only looks is run at once, shown, and compared with
what the runbook expects. What changes something is skipped if nothing needs it,
and is asked about otherwise: run it, skip it, or quit; it then shows its plan and
asks as it always does. At the end it verifies.

All that is shown is kept in a transcript under
$XDG_STATE_HOME/binderctl/runbooks. A run that was left goes on with --resume, for
twelve hours and on the same cluster: what was mended is not done again, what was
seen before that still counts, and a change whose end nobody saw is made once more.

With --dry-run nothing is changed: each change only shows its plan. With --yes
nobody is asked.

The exit code is 0 if all that the runbook verifies is well, 3 if not, and 130 if
it was left before the end.`

const runbookRunExample = `  # Step by step
  binderctl runbook run hub-blind

  # What would it do?
  binderctl runbook run hub-blind --dry-run

  # Go on where it was left
  binderctl runbook run --resume`

type runbookRunOptions struct {
	name   string
	yes    bool
	dryRun bool
	resume bool
	from   string
	output ui.Format
	global []string // flags that each step is called with, too
}

func newRunbookRun(app *App) *cobra.Command {
	var opts runbookRunOptions
	cmd := &cobra.Command{
		Use:               "run [NAME] [flags]",
		Short:             "Walk through a runbook: look, mend what needs it, verify",
		Long:              runbookRunLong,
		Example:           runbookRunExample,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeBooks,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				opts.name = args[0]
			}
			opts.global = passedOn(cmd)
			return runbookRun(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&opts.yes, "yes", "y", false, "make each change that is needed without asking")
	flags.BoolVar(&opts.dryRun, "dry-run", false, "change nothing: only show what each change would do")
	flags.BoolVar(&opts.resume, "resume", false, "go on with the run that was left last")
	flags.StringVar(&opts.from, "from", "", "begin with this `STEP`; what only looks is looked at from the beginning")
	outputFlag(cmd, &opts.output)
	cmd.MarkFlagsMutuallyExclusive("yes", "dry-run")
	cmd.MarkFlagsMutuallyExclusive("resume", "from")
	cmd.MarkFlagsMutuallyExclusive("resume", "dry-run")
	return cmd
}

// passedOn are the flags for which cluster and how things look, as they were
// given.
func passedOn(cmd *cobra.Command) []string {
	var words []string
	cmd.InheritedFlags().VisitAll(func(flag *pflag.Flag) { // Visit knows of none: they were given to the command's own set
		if !flag.Changed {
			return
		}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			for _, value := range list.GetSlice() {
				words = append(words, "--"+flag.Name+"="+value)
			}
			return
		}
		words = append(words, "--"+flag.Name+"="+flag.Value.String())
	})
	return words
}

func runbookRun(ctx context.Context, app *App, opts runbookRunOptions) error {
	state, err := app.runToResume(opts)
	if err != nil {
		return err
	}
	if opts.name == "" {
		opts.name = state.Book
	}
	book, err := readBook(opts.name)
	if err != nil {
		return err
	}
	if opts.from != "" && !slices.ContainsFunc(book.Steps, func(s runbook.Step) bool { return s.ID == opts.from }) {
		return usagef("%s has no step %q; it has %s", book.Name, opts.from, strings.Join(rowOf(book).Steps, ", "))
	}
	if !opts.dryRun {
		if err := app.canAsk(opts.yes); err != nil {
			return err
		}
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	if err := app.mustKnowPlace(client, opts.yes, !opts.dryRun); err != nil {
		return err
	}
	if state, err = app.stateOf(book, state, client.Where); err != nil {
		return err
	}
	app.mentionLeft(client.Where, opts)
	return app.walk(ctx, book, state, client.Where, opts)
}

// runToResume is the run that was left last, if it is to be resumed.
func (app *App) runToResume(opts runbookRunOptions) (runbook.State, error) {
	if !opts.resume {
		if opts.name == "" {
			return runbook.State{}, whichBook()
		}
		return runbook.State{}, nil
	}
	name := opts.name
	if name != "" {
		book, err := readBook(name)
		if err != nil {
			return runbook.State{}, err
		}
		name = book.Name
	}
	state, err := runbook.Last(runbook.Dir(app.Getenv), name)
	if errors.Is(err, runbook.ErrNothingLeft) {
		return runbook.State{}, hintError{usageError{err}, "begin one: binderctl runbook run NAME"}
	}
	return state, err
}

// tooLate is for how long what a run has seen is believed: no incident of those
// that taught us lasted a night.
const tooLate = 12 * time.Hour

// stateOf is where a walk begins. One that was left goes on only where it was.
func (app *App) stateOf(book *runbook.Book, state runbook.State, where cluster.Location) (runbook.State, error) {
	if state.Book == "" {
		return runbook.State{
			Book: book.Name, Began: app.Now(), Held: app.Now(),
			Context: where.Context, Server: where.Server, Namespace: where.Namespace,
		}, nil
	}
	if state.Server != where.Server || state.Namespace != where.Namespace {
		return state, hintError{
			usagef("the run that was left was for context %s, server %s, namespace %s, and this is context %s, server %s, namespace %s",
				state.Context, state.Server, state.Namespace, where.Context, where.Server, where.Namespace),
			fmt.Sprintf("go on there: binderctl runbook run %s --resume --context %s -n %s; or begin anew here: binderctl runbook run %s", book.Name, state.Context, state.Namespace, book.Name),
		}
	}
	if left := app.Now().Sub(state.Latest()); left > tooLate {
		return state, hintError{
			usagef("the run was left %s ago: what it saw holds no more", ui.Age(left)),
			"begin anew: " + app.again("runbook", "run", book.Name),
		}
	}
	state.Held = app.Now()
	app.Term.Say("going on with the run of %s: %s done", state.Began.UTC().Format(time.DateTime+" UTC"), count(len(state.Done), "change"))
	return state, nil
}

// mentionLeft tells of a run on the same cluster that has not ended: it was
// forgotten, or somebody is at it in another window.
func (app *App) mentionLeft(where cluster.Location, opts runbookRunOptions) {
	if opts.resume || opts.dryRun {
		return
	}
	left, err := runbook.Last(runbook.Dir(app.Getenv), "")
	if err != nil || left.Server != where.Server || left.Namespace != where.Namespace || app.Now().Sub(left.Latest()) > tooLate {
		return
	}
	app.Term.Say("%s was left at %s, or is still being run; go on with it instead: %s",
		left.Book, left.Latest().UTC().Format("15:04 UTC"), app.again("runbook", "run", left.Book, "--resume"))
}

// walk walks, prints what came of it and says how the walk ends.
func (app *App) walk(ctx context.Context, book *runbook.Book, state runbook.State, where cluster.Location, opts runbookRunOptions) error {
	guide, err := app.newGuide(book, state, where, opts)
	if err != nil {
		return err
	}
	guide.open()
	reports, left := runbook.Walk(ctx, book, state, runbook.Options{Yes: opts.yes, DryRun: opts.dryRun, From: opts.from}, guide)
	verdict := verdictOfWalk(reports, left)
	if err := errors.Join(guide.end(verdict, left), app.printWalk(book, where, reports, verdict, guide, opts)); err != nil {
		return err
	}
	switch {
	case errors.Is(left, runbook.ErrLeft):
		if opts.dryRun {
			return stoppedError("left before the end; nothing was changed")
		}
		app.Term.Hint("go on with it: %s", app.again("runbook", "run", book.Name, "--resume"))
		return stoppedError("left before the end; what was done is in " + guide.transcript.Path())
	case left != nil:
		return left
	case verdict != verdictWell:
		return unhealthyError{}
	default:
		return nil
	}
}

// The ways in which a walk ends.
const (
	verdictWell = "well"     // all that was verified holds
	verdictIll  = "not well" // something does not
	verdictLeft = "left"     // nobody knows
)

func verdictOfWalk(reports []runbook.Report, left error) string {
	switch {
	case left != nil:
		return verdictLeft
	case runbook.Holds(reports):
		return verdictWell
	default:
		return verdictIll
	}
}
