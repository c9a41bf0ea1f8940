package nodes

import (
	"errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Result says what became of a node or a pod that something was to be done
// about.
type Result string

// What can become of a node.
const (
	Cordoned   Result = "cordoned"
	Uncordoned Result = "uncordoned"
	Unchanged  Result = "left as it was"
	Undrained  Result = "cordoned, not drained" // what is on it could not be seen
	Drained    Result = "drained"               // it was cordoned before, and its pods have gone
	InPart     Result = "drained in part"       // the same, and some have not
	Reopened   Result = "not drained"           // it was opened before all had gone
)

// What can become of a pod on a node that is drained.
const (
	Evicted Result = "evicted"        // it is gone from the node
	Removed Result = "record removed" // its node is dead; its processes may live
	Asked   Result = "asked to go"    // and was not waited for
	Remains Result = "left to finish" // a user or a build
	Ended   Result = "ended"          // a user or a build was waited for
	Blocked Result = "blocked"        // a disruption budget forbade it to the end
	Stuck   Result = "terminating"    // it was asked to go and is still there
	Stays   Result = "left there"     // it belongs to its node
	Spared  Result = "not agreed to"  // it came after the plan, and the plan allows for none such
)

// What can become of either.
const (
	Would    Result = "would be done" // the server agrees, in a dry run
	Gone     Result = "already gone"  // nothing was left to do
	Replaced Result = "replaced"      // another has its name now, and was left alone
	Failed   Result = "failed"        // the server refused, or was not to be reached
	Untried  Result = "not tried"     // the operator stopped, or binderctl gave up, before its turn
)

// Fine reports whether nothing remains to be done.
func (r Result) Fine() bool {
	switch r {
	case Failed, Untried, Blocked, Stuck, Spared, Undrained, Reopened:
		return false
	default:
		return true
	}
}

// unfinished turns the error of a request that may not have been begun into a
// result.
func unfinished(begun bool, err error) (result Result, detail string) {
	switch {
	case errors.Is(err, cluster.ErrGaveUp):
		return Untried, err.Error()
	case !begun:
		return Untried, "stopped before its turn"
	default:
		return Failed, err.Error()
	}
}

// PodResults lists what can become of a pod, the good news first.
func PodResults() []Result {
	return []Result{Evicted, Removed, Asked, Would, Ended, Remains, Stays, Gone, Replaced, Spared, Untried, Stuck, Blocked, Failed}
}
