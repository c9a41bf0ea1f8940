package cmd

import (
	"errors"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// statusReport is the situation. It is what JSON says.
type statusReport struct {
	Where   cluster.Location `json:"where"`
	At      time.Time        `json:"at"`
	Verdict statusState      `json:"verdict"`
	Checks  []statusLine     `json:"checks"`
	statusSight
}

// blind is the error of a report in which nothing could be seen.
func (r *statusReport) blind() error {
	if r.Verdict != stateUnknown {
		return nil
	}
	for _, line := range r.Checks {
		if line.err != nil && !errors.Is(line.err, errUnseen) {
			return blindError{r.Where.Server, line.Says, line.err}
		}
	}
	return errors.New("nothing could be seen")
}

// blindError is why nothing could be seen, in the words of the first line that
// tells.
type blindError struct {
	server, says string
	cause        error
}

func (e blindError) Error() string { return "nothing could be seen of " + e.server + ": " + e.says }
func (e blindError) Unwrap() error { return e.cause }

// unhealthy is what a report ends with that found something wrong.
func (r *statusReport) unhealthy() error {
	if r.Verdict == stateOK {
		return nil
	}
	return unhealthyError{}
}

// errUnseen marks a line whose reason stands in another one.
var errUnseen = errors.New("it could not be seen")
