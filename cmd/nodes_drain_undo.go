package cmd

import (
	"strings"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// sayNotByDrain says how to take back the cordons of an operator that no drain
// has made, so that no undoing of a drain does.
func (app *App) sayNotByDrain(list []nodes.Subject, me string) {
	for _, purpose := range []nodes.Purpose{nodes.ForCordon, nodes.ForReclaim} {
		var names []string
		for _, node := range list {
			if node.Cordoned && node.Holder.Ours() && node.Holder.For == purpose && node.Holder.By == me {
				names = append(names, node.Name)
			}
		}
		if len(names) > 0 {
			app.Term.Say("%s: cordoned by you with nodes %s, and stays so; take it back with: %s",
				strings.Join(names, ", "), purpose, app.again(append([]string{"nodes", "uncordon"}, names...)...))
		}
	}
}

// subjectsOf are the nodes of a plan.
func subjectsOf(steps []nodes.Step) []nodes.Subject {
	list := make([]nodes.Subject, len(steps))
	for i, step := range steps {
		list[i] = step.Subject
	}
	return list
}
