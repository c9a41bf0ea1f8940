package drill

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/scenarios"
)

// drills are those of all scenarios that can be played.
func drills(t *testing.T) map[string]*scenario.Drill {
	t.Helper()
	all := map[string]*scenario.Drill{}
	for _, name := range scenarios.Names() {
		content, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		described, err := scenario.Decode(name, content)
		if err != nil {
			t.Fatal(err)
		}
		if described.Drill != nil {
			all[name] = described.Drill
		}
	}
	return all
}

// runbooksRun is the runbook's own run of a drill as its par has it: so many sessions
// are ended by its first mend.
func runbooksRun(d *scenario.Drill) Played {
	mend := d.Mends[0]
	p := Played{Drill: d, Events: []Event{{At: pager(), Event: Began}}}
	first := Change{At: after(time.Duration(d.Par.Diagnosed) * time.Second), Command: mend.Command, Nodes: mend.Only}
	for i := range d.Par.Sessions {
		pod := fmt.Sprintf("jupyter-%d", i)
		first.Pods = append(first.Pods, pod)
		p.Events = append(p.Events, Event{At: first.At, Event: Ended, Pod: pod})
	}
	p.Changes = []Change{first}
	p.Now = after(time.Duration(d.Par.Seconds) * time.Second)
	p.Events = append(p.Events, Event{At: p.Now, Event: Recovered})
	return p
}

// TestEachParIsComparedAndScored of all five seeds: who does as the runbook did
// loses nothing, and whoever does worse in one way loses points for that.
func TestEachParIsComparedAndScored(t *testing.T) {
	t.Parallel()
	all := drills(t)
	if len(all) != 5 {
		t.Errorf("%d scenarios can be played, want the five seeds", len(all))
	}
	for name, d := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			par, s := d.Par, Rate(runbooksRun(d))
			if s.Par != (Par{Runbook: d.Runbook, Diagnosed: par.Diagnosed, Seconds: par.Seconds, Sessions: par.Sessions}) {
				t.Errorf("it is compared with %+v, the par is %+v", s.Par, par)
			}
			if s.Points != full || s.Sessions != par.Sessions || s.Needless != 0 || *s.FoundSeconds != float64(par.Diagnosed) || *s.OverSeconds != float64(par.Seconds) {
				t.Errorf("the runbook's own run is scored as %+v", s)
			}
			for worse, want := range map[string]int{"a session more": full - perSession, "eleven minutes more": full - perMinute, "came back": full - relapse} {
				if got := Rate(worsen(d, worse)); got.Points != want {
					t.Errorf("%s: %d points, want %d; lost: %+v", worse, got.Points, want, got.Lost)
				}
			}
			for _, wrong := range d.WrongTurns {
				p := runbooksRun(d)
				p.Changes = append(p.Changes, Change{At: after(0), Command: wrong.Command, Nodes: append([]string{"well"}, wrong.Only...)})
				if got := Rate(p); got.Points != full-perWrongTurn {
					t.Errorf("%s: %d points, lost: %+v", wrong.Command, got.Points, got.Lost)
				}
			}
		})
	}
}

// worsen is the runbook's own run, with one thing that is worse.
func worsen(d *scenario.Drill, worse string) Played {
	p := runbooksRun(d)
	switch worse {
	case "a session more":
		p.Changes[0].Pods = append(p.Changes[0].Pods, "jupyter-more")
		p.Events = append(p.Events, Event{At: p.Changes[0].At, Event: Ended, Pod: "jupyter-more"})
	case "eleven minutes more":
		p.Now = p.Now.Add(11 * time.Minute)
		p.Events[len(p.Events)-1].At = p.Now
	case "came back":
		p.Events = append(p.Events, Event{At: p.Now, Event: Relapsed}, Event{At: p.Now, Event: Recovered})
	}
	return p
}

// mendOf finds the commands by which a runbook mends.
var mendOf = regexp.MustCompile(`(?s)<!-- mend: .*?-->.*?\$ binderctl ([^\n]+)`)

// TestThePlayedRunbookMendsByWhatTheDrillCallsRight: else its own run would be no par.
func TestThePlayedRunbookMendsByWhatTheDrillCallsRight(t *testing.T) {
	t.Parallel()
	for name, d := range drills(t) {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "runbooks", d.Runbook+".md"))
		if err != nil {
			t.Errorf("%s: its runbook is not there: %v", name, err)
			continue
		}
		right := slices.ContainsFunc(mendOf.FindAllStringSubmatch(string(text), -1), func(found []string) bool {
			return slices.ContainsFunc(d.Mends, func(kind scenario.Change) bool {
				c := Change{Command: found[1]}
				if strings.HasPrefix(c.Command, "nodes ") {
					c.Nodes = kind.Only
				}
				return is(c, kind)
			})
		})
		if !right {
			t.Errorf("%s: nothing by which %s mends is right", name, d.Runbook)
		}
	}
}
