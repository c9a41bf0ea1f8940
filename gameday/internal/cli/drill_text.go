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
func (a *app) printScore(seen result) error {
	if seen.Score == nil {
		fmt.Fprintf(a.out, "not over yet, after %s\n", span(seen.PlayedSeconds))
		a.say("what is it? gameday drill give-up")
		return nil
	}
	score := seen.Score
	table := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "%d of 100 points\n\n", score.Points)
	fmt.Fprintln(table, "\tYOU\tTHE RUNBOOK")
	fmt.Fprintf(table, "first look\t%s\t\n", after(score.LookSeconds))
	fmt.Fprintf(table, "looked where it shows\t%s%s\t\n", after(score.ShownSeconds), inBrackets(score.Evidence))
	fmt.Fprintf(table, "diagnosed: first right mend\t%s\t\n", after(score.FoundSeconds))
	fmt.Fprintf(table, "mended\t%s%s\t%s\n", after(score.OverSeconds), relapsed(score), span(float64(score.Par.Seconds)))
	fmt.Fprintf(table, "sessions that you ended\t%s\t%d\n", sessions(score), score.Par.Sessions)
	fmt.Fprintf(table, "right mends\t%d\t\n", len(score.Mends))
	fmt.Fprintf(table, "wrong turns\t%d\t0\n", len(score.WrongTurns))
	fmt.Fprintf(table, "other changes\t%d\t\n", len(score.OtherTurns))
	if err := table.Flush(); err != nil {
		return err
	}
	a.printTurns(score)
	fmt.Fprintln(a.out)
	return a.printIncident(seen.Incident)
}

// printTurns writes what was wrong, and for what points were lost.
func (a *app) printTurns(score *drill.Score) {
	for _, turn := range score.WrongTurns {
		fmt.Fprintf(a.out, "\nwrong turn after %s: %s\n  %s\n", span(turn.Seconds), turn.Command, turn.Says)
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

func relapsed(score *drill.Score) string {
	if score.Over && !score.Lasting {
		return ", but it came back"
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
	return (time.Duration(seconds) * time.Second).String()
}
