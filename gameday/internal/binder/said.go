package binder

import (
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/record"
)

// emit sends an event, and notes if it tells of another stage.
func (s *session) emit(what event) {
	stage := stageSaid(what, s.said)
	if stage != s.said && !s.isStalled() {
		s.note(stage)
	}
	s.stream.emit(what)
}

// note notes that the stream tells of a stage.
func (s *session) note(stage string) {
	s.said = stage
	s.book.Say(s.number, stage)
}

// stageSaid is the stage that a launch is in for whoever reads an event, and has
// been told of the one before.
func stageSaid(what event, before string) string {
	switch what.get("phase") {
	case "waiting":
		return record.Queue
	case "fetching":
		return record.Fetch
	case "building":
		return record.Build
	case "pushing":
		return record.Push
	case "built":
		return record.Registry
	case "ready":
		return record.ServerUp
	case "launching":
		return stageOfLaunch(what.get("message"), before)
	case "failed", "failure":
		return before
	}
	if before == record.Queue { // a build's log begins without a phase
		return record.Fetch
	}
	return before
}

func stageOfLaunch(message, before string) string {
	for _, sign := range []struct{ words, stage string }{
		{"Launching server", record.HubUser},
		{"Launch attempt", record.HubUser},
		{"Server requested", record.Spawn},
		{"Pulling image", record.Pull},
		{"Successfully pulled", record.Start},
		{"already present", record.Start},
		{"Created container", record.Start},
		{"Started container", record.Route},
		{"Server ready", record.Route},
	} {
		if strings.Contains(message, sign.words) {
			return sign.stage
		}
	}
	switch {
	case before != record.Spawn && before != record.Schedule:
		return before // what is told of the pod's node comes late
	case strings.Contains(message, "Successfully assigned"):
		return record.Pull
	case strings.Contains(message, "[Normal] "), strings.Contains(message, "[Warning] "):
		return record.Schedule
	default:
		return before
	}
}
