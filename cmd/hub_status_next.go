package cmd

import (
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
)

// sayHubNext says on stderr what to do about a Hub that is not well.
func (app *App) sayHubNext(where cluster.Location, e *checkup.Evidence, report checkup.Report, opts hubStatusOptions) {
	if report.Verdict == checkup.Healthy {
		return
	}
	if report.Verdict == checkup.Unknown {
		app.Term.Hint("the role that sees more: binderctl rbac hub status; or more of the log: --since 6h")
		return
	}
	again := func(words ...string) string { return app.again(append(words, opts.hub.given()...)...) }
	switch worst := report.Checks[0]; {
	case report.Verdict == checkup.Blind, report.Verdict == checkup.Stuck && worst.Name != checkup.ByLaunches:
		app.Term.Hint("restart it, sessions live on: %s", again("hub", "restart", "--reason", "hub status: "+string(report.Verdict)))
		app.Term.Hint("then look for what it lost: %s", again("pods", "orphans"))
	case report.Verdict == checkup.Stuck:
		app.Term.Hint("is there room? %s; what fails? %s", app.again("nodes", "list"), app.again("pods", "crashloops"))
	case worst.Name == checkup.ByService:
		app.Term.Hint("put the Service back, as with helm upgrade: without it nobody reaches the Hub")
	case worst.Name == checkup.ByPod && e.Pod.Name == "":
		app.Term.Hint("is this the namespace of the Hub? another one: -n NAMESPACE; else its Deployment makes none: %s",
			app.kubectl(where, "describe", "deployments", "-l", "component=hub"))
	case worst.Name == checkup.ByPod && e.Pod.RunsUnready():
		app.Term.Hint("what its readiness probe meets: %s; if it stays so: %s", app.kubectl(where, "describe", "pod/"+e.Pod.Name),
			again("hub", "restart", "--reason", "hub status: it is not ready"))
	case worst.Name == checkup.ByPod:
		app.Term.Hint("why its pod fails: %s", app.again("pods", "crashloops"))
	case worst.Name == checkup.ByAPI:
		app.Term.Hint("if it stays so: %s", again("hub", "restart", "--reason", "hub status: the API is "+apiState(report.Verdict)))
	case worst.Name == checkup.ByDatabase:
		app.Term.Hint("users' sessions live on; look before anything is deleted: %s", again("pods", "orphans"))
	case worst.Name == checkup.ByCuller:
		app.Term.Hint("the culler runs in the hub pod: %s; those that are too old: %s",
			again("hub", "restart", "--reason", "culler asleep"), again("pods", "orphans"))
	case worst.Name == checkup.ByDrift, worst.Name == checkup.ByStops, worst.Name == checkup.ByServers:
		app.Term.Hint("which they are: %s", again("pods", "orphans"))
	case worst.Name == checkup.ByLaunches, worst.Name == checkup.ByLog:
		app.Term.Hint("is it a node, or an image? %s", app.again("nodes", "find-unhealthy"))
	default:
		app.Term.Hint("the lines themselves: %s", again("hub", "status", "-o", "wide"))
	}
}

// apiState says in a word how the API is.
func apiState(verdict checkup.Verdict) string {
	if verdict == checkup.Down {
		return "down"
	}
	return "slow"
}
