package cmd

import (
	"context"
	"fmt"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// roomNeeds are the permissions to know whether the next hub pod finds room.
func roomNeeds() []need {
	return []need{
		{Resource: "nodes", Verbs: []string{"list"}, Cluster: true, Why: "to know whether the next hub pod finds room"},
		{Resource: "pods", Verbs: []string{"list", "watch"}, Cluster: true, Why: "likewise; watch is for lists that stream"},
	}
}

// roomConcerns tells whether the next hub pod may have to wait for a node: pods in
// the queue take whatever room one leaves, and nobody can launch until the Hub has
// some again. A hub pod that is on no node leaves none.
func (app *App) roomConcerns(ctx context.Context, client *cluster.Client, plan hub.RestartPlan) []hub.Concern {
	if plan.Node == "" {
		return nil
	}
	makeRoom := app.again("pods", "cull", "--older-than", "6h") // mybinder.org lets no session last longer
	switch next, err := nodes.ReadSuccession(ctx, client, plan.UID); {
	case err != nil:
		return []hub.Concern{{Says: fmt.Sprintf("whether the next hub pod finds room is not known: %s", err)}}
	case next.Sure:
		return nil
	case next.Rivals > 0:
		return []hub.Concern{{Grave: true, Says: fmt.Sprintf(
			"the next hub pod may find no room: %s in the queue may take what this one leaves, and no other node has any to spare; first make room until none waits, as with %s",
			count(next.Rivals, "pod"), makeRoom)}}
	default:
		return []hub.Concern{{Grave: true, Says: fmt.Sprintf(
			"the next hub pod finds no room: node %s is closed to it or full, and so is every other that it may go to; first see what closes them, with %s, or make room, as with %s",
			plan.Node, app.again("nodes", "list"), makeRoom)}}
	}
}
