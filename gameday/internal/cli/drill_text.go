package cli

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/drill"
)

// printScore writes how a drill went, for people.
func (a *app) printScore(seen *result) error {
	if seen.Score == nil {
		fmt.Fprintf(a.out, "not over yet, %s after the pager went\n", span(seen.PlayedSeconds))
		which := a.which(a.dayName())
		a.say("is it over?    gameday status %[1]s\nwhat is it?    gameday drill give-up %[1]s", which)
		return nil
	}
	if err := a.printTimes(seen.Score); err != nil {
		return err
	}
	a.printTurns(seen)
	fmt.Fprintln(a.out)
	if err := a.printIncident(seen.Incident); err != nil {
		return err
	}
	a.say("\nend it with: gameday down %s", a.which(a.dayName()))
	return nil
}

// printTimes writes the points, and the operator beside the runbook.
func (a *app) printTimes(score *drill.Score) error {
	table := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "%d of 100 points\n\n", score.Points)
	fmt.Fprintln(table, "\tYOU\tTHE RUNBOOK")
	fmt.Fprintf(table, "first look\t%s\t-\n", after(score.LookSeconds))
	fmt.Fprintf(table, "looked where it shows\t%s%s\t-\n", after(score.ShownSeconds), inBrackets(score.Evidence))
	fmt.Fprintf(table, "diagnosed: first right mend\t%s\tafter %s\n", after(score.FoundSeconds), span(float64(score.Par.Diagnosed)))
	fmt.Fprintf(table, "mended\t%s%s\tafter %s\n", after(score.OverSeconds), inBrackets(cameBack(score)), span(float64(score.Par.Seconds)))
	fmt.Fprintf(table, "sessions that you ended\t%s\t%d\n", sessions(score), score.Par.Sessions)
	fmt.Fprintf(table, "right mends\t%d\t-\n", len(score.Mends))
	fmt.Fprintf(table, "wrong turns\t%d\t0\n", len(score.WrongTurns))
	fmt.Fprintf(table, "other changes\t%d\t0\n", len(score.OtherTurns))
	return table.Flush()
}

// printTurns writes what was wrong, and for what points were lost.
func (a *app) printTurns(seen *result) {
	score := seen.Score
	for _, turn := range score.WrongTurns {
		fmt.Fprintf(a.out, "\nwrong turn after %s: %s\n  %s\n", span(turn.Seconds), strings.ReplaceAll(turn.Command, " --yes=true", ""), turn.Says)
	}
	if score.Unjournaled > 0 {
		fmt.Fprintf(a.out, "\nnot judged: %s by binderctl, of which its journal tells nothing:\n  %s\n  if they were no dry runs, name another with --journal\n",
			counted(score.Unjournaled, "request for a change", "requests for changes"), seen.Journal)
	}
	if score.Around > 0 {
		fmt.Fprintf(a.out, "\n%s made around binderctl: not in its journal, and not judged\n", counted(score.Around, "request for a change was", "requests for changes were"))
	}
	for i, loss := range score.Lost {
		if i == 0 {
			fmt.Fprintln(a.out, "\npoints lost:")
		}
		fmt.Fprintf(a.out, "  -%d  %s\n", loss.Points, loss.For)
	}
}

// printIncident writes what a drill was.
func (a *app) printIncident(it *incident) error {
	_, err := fmt.Fprintf(a.out, "It was %q, the incident of %s (scenario %s).\n\n%s\n\nThe runbook: binderctl runbook show %s\n",
		it.Title, it.Date, it.Scenario, strings.TrimSpace(it.Description), it.Runbook)
	return err
}

func sessions(score *drill.Score) string {
	text := strconv.Itoa(score.Sessions)
	if score.Needless > 0 {
		text += fmt.Sprintf(", %d of them needlessly", score.Needless)
	}
	return text
}

func cameBack(score *drill.Score) string {
	if score.CameBack > 0 {
		return "it came back " + counted(score.CameBack, "time", "times")
	}
	return ""
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// after writes when something was, if it was.
func after(seconds *float64) string {
	if seconds == nil {
		return "never"
	}
	return "after " + span(*seconds)
}

func span(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}
