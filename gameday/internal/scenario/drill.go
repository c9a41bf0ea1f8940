package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Drill is how a scenario is played as a drill: what the operator is told, and
// what is right and wrong to do.
type Drill struct {
	Page       string   `yaml:"page"`       // what the pager says: what users report, and no cause
	Runbook    string   `yaml:"runbook"`    // that heals it
	Diagnosis  []Sign   `yaml:"diagnosis"`  // where it shows
	Mends      []Change `yaml:"mends"`      // the right changes
	WrongTurns []Change `yaml:"wrongTurns"` // changes that mend nothing
	Timeline   []Moment `yaml:"timeline"`   // what breaks, or heals, while the drill lasts
	Par        Par      `yaml:"par"`
}

// Moment is when a fault of the Hub begins or ends.
type Moment struct {
	After Duration `yaml:"after"` // the pager went
	Fault string   `yaml:"fault"`
	Ends  bool     `yaml:"ends"` // it ends; it begins by default
}

// Sign is where the fault shows to whoever asks the API server for it, with
// whatever program.
type Sign struct {
	Says     string `yaml:"says"`
	Resource string `yaml:"resource"` // pods, or with a subresource pods/log
	Name     string `yaml:"name"`     // how the object's name begins; any by default
	// AllNamespaces is that it shows only to who looks at more than the BinderHub's
	// namespace.
	AllNamespaces bool `yaml:"allNamespaces"`
}

// Change is a kind of changes, as binderctl's journal has them.
type Change struct {
	// Command is how the call begins, without "binderctl", and flags that it has,
	// such as "pods cull --phase". With a value, a flag has to have that.
	Command string   `yaml:"command"`
	Only    []string `yaml:"only"`   // nodes: it concerns these and no others
	Except  []string `yaml:"except"` // nodes: it concerns at least one that is not of these
	Says    string   `yaml:"says"`   // of a wrong turn: why it is one
}

// Par is the runbook's own run of the drill, as it was measured.
type Par struct {
	Diagnosed int `yaml:"diagnosed"` // seconds until its first mend was begun
	Seconds   int `yaml:"seconds"`   // until the incident was over
	Sessions  int `yaml:"sessions"`  // that it ended
}

// validateDrill checks that a drill can be played and told.
func (s *Scenario) validateDrill(p *problems) {
	if s.Drill == nil {
		return
	}
	d := s.Drill
	for _, text := range []struct{ path, value string }{{"page", d.Page}, {"runbook", d.Runbook}} {
		if strings.TrimSpace(text.value) == "" {
			p.add("drill."+text.path, "it is missing")
		}
	}
	if !slices.ContainsFunc(s.Recovered, func(c Condition) bool { return !c.Spares() }) {
		p.add("drill", "it ends when recovered holds, of which there is none but for users who are spared")
	}
	for i, sign := range d.Diagnosis {
		path := fmt.Sprintf("drill.diagnosis[%d]", i)
		if sign.Says == "" || sign.Resource == "" {
			p.add(path, "it needs says and resource")
		}
	}
	if len(d.Mends) == 0 {
		p.add("drill.mends", "say what is right to do")
	}
	for i, change := range d.Mends {
		validateChange(p, fmt.Sprintf("drill.mends[%d]", i), change)
	}
	for i, change := range d.WrongTurns {
		path := fmt.Sprintf("drill.wrongTurns[%d]", i)
		validateChange(p, path, change)
		if change.Says == "" {
			p.add(path+".says", "say why it is wrong")
		}
	}
	for i, moment := range d.Timeline {
		path := fmt.Sprintf("drill.timeline[%d].fault", i)
		oneOf(p, path, moment.Fault, hubFaults()...)
		if s.Hub == nil || s.Hub.Program != HubStandIn {
			p.add(path, "there is no stand-in for the Hub")
		}
	}
	positive(p, "drill.par.seconds", d.Par.Seconds)
	if d.Par.Diagnosed < 0 || d.Par.Diagnosed > d.Par.Seconds {
		p.add("drill.par.diagnosed", "%d is not between 0 and seconds, %d", d.Par.Diagnosed, d.Par.Seconds)
	}
	if d.Par.Sessions < 0 {
		p.add("drill.par.sessions", "%d is less than 0", d.Par.Sessions)
	}
}

// validateChange checks a kind of changes. A flag before a word of the command
// would be read as none.
func validateChange(p *problems, path string, change Change) {
	words := strings.Fields(change.Command)
	if len(words) == 0 || strings.HasPrefix(words[0], "-") || words[0] == "binderctl" {
		p.add(path+".command", "%q is not how a call begins, without binderctl", change.Command)
		return
	}
	flags := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "--") })
	if flags >= 0 && slices.ContainsFunc(words[flags:], func(word string) bool { return !strings.HasPrefix(word, "--") }) {
		p.add(path+".command", "flags come last, with their value as --flag=value")
	}
	if len(change.Only) > 0 && len(change.Except) > 0 {
		p.add(path, "it has only or except, not both")
	}
}
