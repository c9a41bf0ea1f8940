package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

const hubStatusLong = `Tell whether the Hub works, and above all whether it still sees its pods.

The verdict is one of

  healthy   it works, as far as a Hub does on an ordinary day
  degraded  it works, and something about it does not
  stuck     servers neither start nor end
  blind     its reflector is dead: it no longer sees its pods, so that launches
            fail and pods are left behind, until it is restarted
  down      it serves nobody
  unknown   too little could be seen to tell

It rests on whatever can be seen: the hub pod and its Service, how the API
answers, the servers in which the Hub believes beside the pods there are, when
pods became ready and what the Hub made of it, its metrics, and its log, in which
all known signs of trouble are counted. What could not be seen is said.

` + hubHelp + `

Without the API the log is enough, and without the log the API. A log from
elsewhere is read with --log-file, and needs no cluster; one that ended longer ago
than an hour is judged as of its end.

The exit code is 0 if the Hub is healthy, 3 if not, 1 if nothing could be learnt.`

const hubStatusExample = `  # Does the Hub see its pods?
  binderctl hub status

  # The last three hours of its log, with a line of each kind
  binderctl hub status --since 3h -o wide

  # A log that was kept, without a cluster
  binderctl hub status --log-file hub.log
  zcat hub.log.gz | binderctl hub status --log-file -`

type hubStatusOptions struct {
	hub     hubFlags
	since   ageFlag
	allLog  bool // no age was given
	logFile fileFlag
	output  ui.Format
}

// defaultLogSince is how much of the log is read: enough for several launches to
// have failed, and little enough for what is long over to be forgotten.
const defaultLogSince = time.Hour

func newHubStatus(app *App) *cobra.Command {
	opts := hubStatusOptions{since: ageFlag{defaultLogSince, true}}
	cmd := &cobra.Command{
		Use:     "status [flags]",
		Short:   "Tell whether the Hub works and sees its pods, with the evidence",
		Long:    hubStatusLong,
		Example: hubStatusExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.allLog = !cmd.Flags().Changed("since")
			return hubStatus(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.Var(&opts.since, "since", "read this much of the log: an `AGE`; with --log-file all of it, unless given")
	flags.Var(&opts.logFile, "log-file", "read the log from this `FILE` (- is stdin) instead of the pod's")
	opts.hub.add(cmd)
	outputFlag(cmd, &opts.output)
	setNeeds(cmd,
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to find the hub pod, and to compare users' pods with servers; watch is for lists that stream"},
		need{Resource: "pods/log", Verbs: []string{"get"}, Why: "to look for signs of trouble; without it the API alone is asked"},
		need{Resource: "services", Verbs: []string{"list"}, Why: "to see whether one leads to the hub pod, where none is called hub"})
	addNeeds(cmd, "", hubNeeds()...)
	return cmd
}

func hubStatus(ctx context.Context, app *App, opts hubStatusOptions) error {
	if opts.since.age <= 0 {
		return usagef("--since %s: want more than nothing", opts.since.String())
	}
	evidence, where, err := app.examineHub(ctx, opts)
	if err != nil {
		return err
	}
	if evidence.Blank() {
		return nothingLearnt(evidence)
	}
	report := checkup.Judge(evidence)
	if err := app.printHubStatus(where, evidence, report, opts); err != nil {
		return err
	}
	app.sayHubNext(where, evidence, report, opts)
	app.hintRunbook(bookForHub(report))
	if report.Verdict != checkup.Healthy {
		return unhealthyError{}
	}
	return nil
}

// examineHub gathers evidence from the log that was named and from the cluster.
func (app *App) examineHub(ctx context.Context, opts hubStatusOptions) (*checkup.Evidence, cluster.Location, error) {
	var log *hublog.Log
	if opts.logFile != "" {
		var err error
		if log, err = app.readHubLog(opts); err != nil {
			return nil, cluster.Location{}, err
		}
		if ended := log.Last; !ended.IsZero() && app.Now().Sub(ended) > defaultLogSince {
			app.Term.Say("%s ends %s ago: judged as of then, and no cluster is asked", logName(opts), ui.Age(app.Now().Sub(ended)))
			return checkup.OfLog(log, logName(opts)), cluster.Location{}, nil
		}
	}
	options, err := opts.hub.options(app)
	if err != nil {
		return nil, cluster.Location{}, err
	}
	client, err := app.Connect(ctx)
	if log != nil && (errors.Is(err, cluster.ErrNoConfig) || cluster.Unreachable(err)) {
		evidence := checkup.OfLog(log, logName(opts))
		evidence.Miss("the cluster", err)
		return evidence, cluster.Location{}, nil
	}
	if err != nil {
		return nil, cluster.Location{}, err
	}
	patience, err := clientcmd.ParseTimeout(*app.global.kube.Timeout)
	if err != nil {
		return nil, cluster.Location{}, usageError{err}
	}
	tell, done := app.examination()
	defer done()
	evidence, err := checkup.Look(ctx, client, checkup.Options{
		Hub: options, Since: opts.since.age, Patience: patience, Log: log, LogFrom: logName(opts), Progress: tell,
	})
	return evidence, client.Where, err
}

// examination shows how far the examination is.
func (app *App) examination() (tell func(steps, logBytes int), done func()) {
	progress := app.Term.Start("looking at the Hub", checkup.Steps)
	var read atomic.Int64
	return func(steps, logBytes int) {
		if all := read.Add(int64(logBytes)); logBytes > 0 {
			progress.Note(ui.Bytes(all) + " of its log")
		}
		progress.Step(steps)
	}, progress.Done
}

func logName(opts hubStatusOptions) string {
	if opts.logFile == "-" {
		return "stdin"
	}
	return string(opts.logFile)
}

// readHubLog reads a log from a file or from stdin.
func (app *App) readHubLog(opts hubStatusOptions) (*hublog.Log, error) {
	in := io.NopCloser(app.Term.In)
	if opts.logFile != "-" {
		file, err := os.Open(string(opts.logFile))
		if err != nil {
			return nil, usageError{err}
		}
		in = file
	}
	defer in.Close()
	var since time.Time
	if !opts.allLog {
		since = app.Now().Add(-opts.since.age)
	}
	log, err := hublog.Scan(in, since)
	if err != nil {
		return nil, err
	}
	if log.Lines == 0 {
		return nil, fmt.Errorf("read the Hub's log: %s is empty", logName(opts))
	}
	return log, nil
}

// nothingLearnt says why there is no verdict.
func nothingLearnt(e *checkup.Evidence) error {
	var why []string
	for _, missing := range e.Unseen {
		why = append(why, missing.What+": "+missing.Why)
	}
	hint := "the role it takes: binderctl rbac hub status; a log that somebody else can read: --log-file FILE"
	if e.Unreached {
		hint = unreachedHint + "; a log that somebody else can read: --log-file FILE"
	}
	return hintError{fmt.Errorf("nothing could be learnt of the Hub, which may be well or not: %s", strings.Join(why, "; ")), hint}
}
