package incident

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// State is what came of a criterion.
type State string

// What can come of a criterion. What is unknown has not passed; what is skipped
// was left out by an operator, who said why.
const (
	Not     State = "not"
	Unknown State = "unknown"
	Skipped State = "skipped"
	OK      State = "ok"
)

// Evidence is what was seen of a criterion.
type Evidence struct {
	State State
	Says  string // what was seen, in words and numbers
	Next  string // what would mend it, or let it be seen; or ""
	// Count is the number that the criterion goes by, if it is one: whoever looks
	// next compares.
	Count *int
}

// Criterion is one thing that has to hold before an incident is over. How to see
// it is the caller's knowledge: a criterion is plain data to this package.
type Criterion struct {
	Name  string        // a word, for --skip and for programs
	Holds string        // what has to hold, in words
	Limit time.Duration // how long looking may take; then it is unknown
	Grace time.Duration // how much longer it may take to end what looking has begun
	// Costly is the next step where looking was not worth it. Looking costs the
	// service something then, or "", and so is done last, and only if no other
	// criterion is known not to hold.
	Costly string
	Look   func(context.Context) Evidence
}

// Result is what came of a criterion at one check.
type Result struct {
	Name  string    `json:"name"`
	Holds string    `json:"holds"`
	State State     `json:"state"`
	Says  string    `json:"says"`
	Next  string    `json:"next,omitempty"`
	Count *int      `json:"count,omitempty"`
	Since time.Time `json:"since,omitzero"` // it has held in every check from then on
	Took  float64   `json:"tookSeconds"`
}

// Check is one look at all criteria.
type Check struct {
	At      time.Time `json:"at"`
	By      Person    `json:"by"`
	Passed  bool      `json:"passed"`
	Since   time.Time `json:"recoveredSince,omitzero"` // all have held in every check from then on
	Results []Result  `json:"results"`
}

// Find is the result of a criterion in a check that may be nil; nil if it has
// none.
func (c *Check) Find(name string) *Result {
	if c == nil {
		return nil
	}
	for i := range c.Results {
		if c.Results[i].Name == name {
			return &c.Results[i]
		}
	}
	return nil
}

// Open counts the results that have not passed.
func (c *Check) Open() int {
	open := 0
	for _, r := range c.Results {
		if r.State == Not || r.State == Unknown {
			open++
		}
	}
	return open
}

// refuted are the names of what is known not to hold.
func (c *Check) refuted() []string {
	var names []string
	for _, r := range c.Results {
		if r.State == Not {
			names = append(names, r.Name)
		}
	}
	return names
}

// RunCheck looks at all criteria side by side, each for as long as it may take;
// at what is costly afterwards.
// skip has, by name, why some are left out; before is the check before this one,
// or nil. A check that only skips passes nothing.
func RunCheck(ctx context.Context, criteria []Criterion, skip map[string]string, before *Check, by Person, now func() time.Time) Check {
	check := Check{By: by, Results: make([]Result, len(criteria))}
	var looking sync.WaitGroup
	look := func(costly bool, see func(*Criterion, *Result)) {
		for i := range criteria {
			c := &criteria[i]
			if _, left := skip[c.Name]; !left && (c.Costly != "") == costly {
				looking.Go(func() { see(c, &check.Results[i]) })
			}
		}
		looking.Wait()
	}
	see := func(c *Criterion, r *Result) { c.see(ctx, r, now) }
	for i := range criteria {
		c := &criteria[i]
		check.Results[i] = Result{Name: c.Name, Holds: c.Holds, State: Skipped, Says: skip[c.Name]}
	}
	look(false, see)
	if refuted := check.refuted(); len(refuted) > 0 {
		see = func(c *Criterion, r *Result) {
			r.take(Evidence{State: Unknown, Says: "not tried, as it is not over anyway: " + strings.Join(refuted, ", "), Next: c.Costly})
		}
	}
	look(true, see)
	check.At = stamp(now())
	check.conclude(before)
	return check
}

// see looks at a criterion, and notes how long that took.
func (c *Criterion) see(ctx context.Context, r *Result, now func() time.Time) {
	began := now()
	r.take(c.look(ctx))
	ended := now()
	r.Took = ended.Sub(began).Seconds()
	if r.State == OK {
		r.Since = stamp(ended)
	}
}

// look sees a criterion, or says that it took too long. Looking may not heed the
// context at once, as when a credential plugin runs: it is waited for no longer
// than what it has begun may take to end.
func (c *Criterion) look(ctx context.Context) Evidence {
	limited, stop := context.WithTimeout(ctx, c.Limit)
	defer stop()
	seen := make(chan Evidence, 1)
	go func() { seen <- c.Look(limited) }()
	select {
	case evidence := <-seen:
		return evidence
	case <-limited.Done():
	}
	grace, end := context.WithTimeout(context.WithoutCancel(ctx), c.Grace)
	defer end()
	select {
	case evidence := <-seen:
		return evidence
	case <-grace.Done():
	}
	select {
	case evidence := <-seen: // it came just in time
		return evidence
	default:
	}
	if ctx.Err() != nil {
		return Evidence{State: Unknown, Says: "stopped"}
	}
	return Evidence{State: Unknown, Says: fmt.Sprintf("nothing was seen within %s", c.Limit), Next: "try again"}
}

func (r *Result) take(e Evidence) {
	r.State, r.Says, r.Next, r.Count = e.State, e.Says, e.Next, e.Count
}

// conclude says whether all has passed, and since when: since the last of what
// was looked at has held, so that what an earlier check left out does not count as
// seen by it.
func (c *Check) conclude(before *Check) {
	held := 0
	c.Passed = true
	for i := range c.Results {
		r := &c.Results[i]
		switch r.State {
		case OK:
			held++
			if r.Since.IsZero() {
				r.Since = c.At
			}
			if last := before.Find(r.Name); last != nil && last.State == OK && !last.Since.IsZero() {
				r.Since = last.Since
			}
			if r.Since.After(c.Since) {
				c.Since = r.Since
			}
		case Skipped:
		default:
			c.Passed = false
		}
	}
	if c.Passed = c.Passed && held > 0; !c.Passed {
		c.Since = time.Time{}
	}
}
