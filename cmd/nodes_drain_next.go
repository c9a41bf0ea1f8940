package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// sayNext says what an operator may do next, who has left nodes cordoned.
func (app *App) sayNext(r *drainReport, drained []drainedNode, counts map[nodes.Result]int, opts nodesDrainOptions) {
	if opts.dryRun != dryRunNone {
		app.Term.Say("dry run: nothing was changed")
		return
	}
	switch {
	case counts[nodes.Remains] > 0 && r.plan.Policy.Users == nodes.UsersDeadline:
		app.Term.Say("the deadline is no longer kept; to keep it: %s", app.again(keepDeadline(drained, r.plan.Policy.Deadline, app.Now())...))
	case counts[nodes.Remains] > 0:
		app.Term.Say("follow those who remain with: %s", app.again(append([]string{"nodes", "drain", "--wait"}, nodeNamesOf(drained)...)...))
	}
	if ours := cordonedByDrain(drained); len(ours) > 0 {
		undo := append([]string{"nodes", "drain", "--undo"}, ours...)
		if r.plan.Policy.For != nodes.ForDrain {
			undo = append([]string{"nodes", "uncordon"}, ours...)
		}
		app.Term.Say("cordoned until you undo it with: %s", app.again(undo...))
	}
	var before []nodes.Subject
	for _, node := range drained {
		if node.Result != nodes.Cordoned && !openedOrGone(node.Result) {
			before = append(before, node.Subject)
		}
	}
	app.sayNotByDrain(before, r.plan.Mark.By)
}

func nodeNamesOf(drained []drainedNode) []string {
	names := make([]string, len(drained))
	for i, node := range drained {
		names[i] = node.Name
	}
	return names
}

// cordonedByDrain names the nodes that were open before this drain, or the one
// that it goes on with.
func cordonedByDrain(drained []drainedNode) []string {
	var names []string
	for _, node := range drained {
		marked := node.Holder.Ours() && node.Holder.For == nodes.ForDrain
		if node.Result == nodes.Cordoned || marked && node.Result != nodes.Failed && node.Result != nodes.Untried && !openedOrGone(node.Result) {
			names = append(names, node.Name)
		}
	}
	return names
}

// openedOrGone reports whether there is no cordon left to take back.
func openedOrGone(result nodes.Result) bool {
	return result == nodes.Gone || result == nodes.Replaced || result == nodes.Reopened
}

// undrained is the error of a drain after which something remains to be done.
func (app *App) undrained(r *drainReport, drained []drainedNode, counts map[nodes.Result]int) error {
	left := 0
	for result, n := range counts {
		if !result.Fine() {
			left += n
		}
	}
	again := "run the same drain again to complete it"
	for _, node := range drained {
		switch {
		case node.Result == nodes.Undrained:
			return hintError{fmt.Errorf("node %s was cordoned and not drained: %s", node.Name, node.Detail), again}
		case node.Result == nodes.Reopened:
			return hintError{fmt.Errorf("node %s was not drained: %s", node.Name, node.Detail), "if it still is to be, " + again}
		case !node.Result.Fine():
			return hintError{errors.New("not every node was cordoned"), again}
		}
	}
	if left == 0 {
		return nil
	}
	var why []string
	for _, result := range []nodes.Result{nodes.Failed, nodes.Untried, nodes.Stuck, nodes.Spared, nodes.Blocked} {
		if n := counts[result]; n > 0 {
			why = append(why, fmt.Sprintf("%d %s", n, result))
		}
	}
	if counts[nodes.Blocked] > 0 {
		why = append(why, r.outcome.Budgets()...)
	}
	again = drainHint(r.outcome, again)
	return hintError{fmt.Errorf("%s could not leave: %s", count(left, "pod"), strings.Join(why, "; ")), again}
}
