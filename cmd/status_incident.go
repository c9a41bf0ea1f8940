package cmd

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/incident"
)

// incidentSeen is the open incident, and who drives.
type incidentSeen struct {
	Open   bool             `json:"open"`
	Title  string           `json:"title"`
	Opened time.Time        `json:"openedAt,omitzero"`
	Driver *incident.Driver `json:"driver"` // null if nobody drives, or that is not known

	undriven error // why it is not known who drives
}

// checkIncident reads the incident without writing anything, not even what this
// machine knows better.
func (s *situation) checkIncident(ctx context.Context) (statusLine, func(*statusSight)) {
	desk := incident.Desk{Store: incident.NewStore(s.client)}
	view, err := desk.Glance(ctx)
	if err != nil {
		return unknownLine(err), nil
	}
	seen := incidentSeen{undriven: view.Undriven}
	if in := view.Incident; in != nil {
		seen.Open, seen.Title, seen.Opened = true, in.Title, in.Opened
	}
	if !view.Driver.Nobody() {
		seen.Driver = &view.Driver
	}
	return judgeIncident(seen, s.client.ServerNow()), func(all *statusSight) { all.Incident = &seen }
}

// judgeIncident says who drives. An open incident is not well, as incident status
// has it.
func judgeIncident(seen incidentSeen, now time.Time) statusLine {
	line := statusLine{State: stateOK, Says: "none is open", words: []string{"incident", "status"}}
	if !seen.Open {
		return line
	}
	line.State = stateWarn
	driver := "nobody drives"
	if seen.undriven != nil {
		driver = "who drives could not be seen"
		line.Evidence = []string{shortly(seen.undriven)}
	}
	if d := seen.Driver; d != nil {
		driver = d.Holder + " drives"
		if d.Stale {
			driver += ", of whom nothing was heard for " + ui.Age(d.Heard(now))
		}
	}
	line.Says = fmt.Sprintf("open for %s, %s: %s", ui.Age(max(0, now.Sub(seen.Opened))), driver, cmp.Or(seen.Title, "untitled"))
	return line
}
