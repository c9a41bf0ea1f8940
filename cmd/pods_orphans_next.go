package cmd

import (
	"context"
	"errors"
	"slices"

	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

// advise says, for each class that was found beyond doubt, how it is mended. Of a
// Hub that knows few of the pods nothing is believed before it is mended itself.
func (o *observer) advise(ctx context.Context, look *hub.Look, found []hub.Finding) {
	certain := map[hub.Class][]hub.Finding{}
	for _, f := range found {
		if f.Settled {
			certain[f.Class] = append(certain[f.Class], f)
		}
	}
	for _, class := range hub.Classes() {
		switch of := certain[class]; {
		case len(of) == 0, class == hub.Stuck && len(certain[hub.Ghost]) > 0: // what mends ghosts mends these
		case class == hub.Orphan && fewOf(look) != "":
			o.app.Term.Hint("orphan: the Hub comes first: --cull does not believe one that knows so few of the pods: %s", o.again("hub", "status"))
		case class == hub.Orphan:
			o.adviseOrphans(ctx, look, of)
		default:
			for _, hint := range o.mends(class, of) {
				o.app.Term.Hint("%s", hint)
			}
		}
	}
}

// mends are what helps against findings of a class, with the commands to type.
func (o *observer) mends(class hub.Class, of []hub.Finding) []string {
	again := o.again
	switch class {
	case hub.Ghost, hub.Stuck:
		return []string{string(class) + ": a restart has the Hub ask after every server anew; sessions go on, launches under way fail, and for about a minute nobody can launch: " + again("hub", "restart")}
	case hub.Unrouted, hub.StaleRoute:
		return []string{string(class) + ": the Hub mends the proxy's routes every 5 minutes; if it does not, restart it: " + again("hub", "restart")}
	case hub.NeverClaimed:
		return []string{string(class) + ": nobody was told of the server, so nobody will miss it: " + again("pods", "cull", "--name", of[0].Pod, "--via", "hub") + andMore(len(of)-1)}
	case hub.Overdue:
		return []string{
			string(class) + ": the culler is asleep; what is wrong with it: " + again("hub", "status"),
			"what it left: " + again("pods", "cull", "--older-than", pods.Age(o.maxAge()).String()),
		}
	default: // orphans have more to them
		return nil
	}
}

// adviseOrphans parts those that may be deleted from those that were already. A
// cull that would be refused, or would spare all of them, is not offered; nor is one
// of which that is not known, as whoever looks has stopped it.
func (o *observer) adviseOrphans(ctx context.Context, look *hub.Look, of []hub.Finding) {
	leaving := slices.DeleteFunc(slices.Clone(of), func(f hub.Finding) bool { return !f.Deleting })
	if len(leaving) < len(of) {
		o.adviseCull(ctx, look, of)
	}
	if hint := o.mendLeaving(leaving); hint != "" {
		o.app.Term.Hint("%s", hint)
	}
}

// adviseCull offers to delete orphans, or says what speaks against it.
func (o *observer) adviseCull(ctx context.Context, look *hub.Look, of []hub.Finding) {
	if len(lostPods(of, false, look.RoutesRead()).Reasons) == 0 {
		o.app.Term.Hint("orphan: --cull would spare all of them: somebody may be at work there, as the proxy still leads to them or their users may have another name now")
		return
	}
	err := sameTime(o.client)
	if err == nil {
		err = o.mayTrust(ctx, look)
	}
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		o.app.Term.Hint("orphan: --cull would be refused now: %v%s", err, after("; ", o.app.hint(err)))
	default:
		words := []string{"pods", "orphans", "--cull"}
		if o.opts.olderThan.given {
			words = append(words, "--older-than", o.opts.olderThan.String())
		}
		o.app.Term.Hint("orphan: nobody else will ever stop them: %s", o.again(words...))
	}
}

// mendLeaving says what holds those that were deleted and are still there, or "".
func (o *observer) mendLeaving(leaving []hub.Finding) string {
	for _, f := range leaving {
		if f.Held != "" {
			return "orphan: a finalizer holds " + f.Pod + andMore(len(leaving)-1) + ": whoever set " + f.Held + " has to take it away; deleting again does not help"
		}
	}
	for _, f := range leaving {
		if f.Node != "" {
			return "orphan: " + f.Pod + andMore(len(leaving)-1) + " was deleted and does not go; if its node is dead, remove the record: " +
				o.app.again("pods", "cull", "--node", f.Node, "--name", f.Pod, "--force")
		}
	}
	return ""
}

// after puts a mark before a text, unless there is none.
func after(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + text
}

// andMore says how many others there are of which the same holds.
func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return ", and so on for " + itoa(n) + " more"
}
