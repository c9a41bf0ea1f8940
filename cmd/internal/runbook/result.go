package runbook

import (
	"slices"
	"time"
)

// Result is what came of a step.
type Result string

// The results.
const (
	AsExpected  Result = "as expected"
	Unexpected  Result = "not as expected"
	Done        Result = "done"
	Planned     Result = "would be done" // in a dry run
	Skipped     Result = "skipped"       // there was no need
	Declined    Result = "declined"      // by the operator
	Failed      Result = "failed"
	NotReached  Result = "not reached"
	DoneEarlier Result = "done earlier" // before it was left and resumed
	SeenEarlier Result = "seen earlier"
	Stopped     Result = "stopped" // by the operator, within it
)

// Report is what came of a step, with what there is to know about it.
type Report struct {
	ID      string    `json:"id"`
	Kind    Kind      `json:"kind"`
	Title   string    `json:"title"`
	Command string    `json:"command"`
	Result  Result    `json:"result"`
	Why     string    `json:"why"`
	Exit    int       `json:"exitCode"` // -1 if it was not run
	Began   time.Time `json:"beganAt,omitzero"`
	Took    float64   `json:"tookSeconds"`
}

// Fits reports whether the trouble that the runbook is about was seen, or looked
// like it enough to change something: the first look is for its gravest sign.
func Fits(reports []Report) bool {
	return reports[0].Result != Unexpected || Changed(reports) > 0 ||
		slices.ContainsFunc(reports, func(r Report) bool { return r.Result == Planned })
}

// Changed counts the steps that have changed something, or may have.
func Changed(reports []Report) int {
	n := 0
	for _, r := range reports {
		if r.Kind == Mend && slices.Contains([]Result{Done, Failed, Stopped, DoneEarlier}, r.Result) {
			n++
		}
	}
	return n
}

// Holds reports whether all that was verified is well.
func Holds(reports []Report) bool {
	verified := false // by one step at least
	for _, r := range reports {
		if r.Kind != Verify || r.Result == Skipped {
			continue
		}
		if verified = r.Result == AsExpected; !verified {
			return false
		}
	}
	return verified
}
