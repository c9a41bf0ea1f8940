package runbook

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// house is a world with one lamp.
type house struct {
	state  string // of the lamp
	heals  bool   // changing the bulb helps
	late   int    // so many looks after that it still seems out
	exit   int    // of changing the bulb
	answer Answer
	cancel context.CancelFunc // called when the bulb is changed
	unkept error              // why it cannot be noted that a change begins

	now    time.Time
	called []string
	said   []string
	saved  []State
}

func (h *house) outcome(words []string) Outcome {
	return seen(h.state, words)
}

// seen is what a look says of a lamp.
func seen(shown string, words []string) Outcome {
	o := Outcome{Ran: true, Data: map[string]any{"state": shown, "watts": 4.0, "rooms": []any{map[string]any{"name": "hall"}}}}
	if shown != "on" {
		o.Exit = 3
	}
	if slices.Contains(words, "nowhere") {
		o.Data = nil
	}
	return o
}

func (h *house) Show(_ context.Context, words []string) int {
	line := strings.Join(words, " ")
	if words[1] != "change" {
		return h.outcome(words).Exit
	}
	h.called = append(h.called, line)
	if h.cancel != nil {
		h.cancel()
	}
	if slices.Contains(words, "--dry-run") {
		return 0
	}
	if h.heals {
		h.state = "on"
	}
	return h.exit
}

// Read looks while Show does, so only it may count.
func (h *house) Read(_ context.Context, words []string) Outcome {
	if h.late > 0 && h.state == "on" && len(h.called) > 0 {
		h.late--
		return seen("out", words)
	}
	return h.outcome(words)
}

func (h *house) Typed(word string) string { return word }
func (h *house) Begin(_, _ int, step Step, command string) {
	h.said = append(h.said, step.ID+": "+command)
}

func (h *house) Say(tone Tone, text string) {
	if tone == Good {
		text = "well: " + text
	}
	h.said = append(h.said, text)
}

func (h *house) Ask(context.Context, Step) (Answer, error) { return h.answer, nil }
func (h *house) Wait(ctx context.Context, d time.Duration) error {
	h.now = h.now.Add(d)
	return ctx.Err()
}
func (h *house) Now() time.Time { return h.now }
func (h *house) Save(s State) error {
	h.saved = append(h.saved, s)
	if len(s.Begun) > 0 {
		return h.unkept
	}
	return nil
}

func lamp(t *testing.T) *Book {
	t.Helper()
	book, err := Parse("lamp", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func results(reports []Report) string {
	var all []string
	for _, r := range reports {
		all = append(all, string(r.Result))
	}
	return strings.Join(all, ", ")
}

func TestWalk(t *testing.T) {
	t.Parallel()
	changed := []string{"lamps change hall --reason it is out --yes"}
	for name, c := range map[string]struct {
		house  house
		opts   Options
		want   string
		called []string
		left   bool
		well   bool
	}{
		"heals":             {house{state: "out", heals: true}, Options{Yes: true}, "as expected, done, as expected", changed, false, true},
		"takes a while":     {house{state: "out", heals: true, late: 4}, Options{Yes: true}, "as expected, done, as expected", changed, false, true},
		"takes too long":    {house{state: "out", heals: true, late: 1000}, Options{Yes: true}, "as expected, done, not as expected", changed, false, false},
		"does not heal":     {house{state: "out"}, Options{Yes: true}, "as expected, done, not as expected", changed, false, false},
		"nothing to do":     {house{state: "on"}, Options{Yes: true}, "not as expected, skipped, as expected", nil, false, true},
		"only dim":          {house{state: "dim"}, Options{Yes: true}, "as expected, skipped, not as expected", nil, false, false},
		"mend fails":        {house{state: "out", exit: 1}, Options{Yes: true}, "as expected, failed, not as expected", changed, false, false},
		"mend not well":     {house{state: "out", heals: true, exit: 3}, Options{Yes: true}, "as expected, done, as expected", changed, false, true},
		"declined":          {house{state: "out", exit: 130}, Options{}, "as expected, declined, not as expected", []string{"lamps change hall --reason it is out"}, false, false},
		"asked and run":     {house{state: "out", heals: true}, Options{}, "as expected, done, as expected", []string{"lamps change hall --reason it is out"}, false, true},
		"asked and skipped": {house{state: "out", answer: SkipIt}, Options{}, "as expected, declined, not as expected", nil, false, false},
		"asked and quit":    {house{state: "out", answer: Quit}, Options{}, "as expected, not reached, not reached", nil, true, false},
		"dry run":           {house{state: "out", heals: true}, Options{DryRun: true}, "as expected, would be done, not as expected", []string{"lamps change hall --reason it is out --dry-run"}, false, false},
		"from the end":      {house{state: "out", heals: true}, Options{Yes: true, From: "shines"}, "as expected, skipped, not as expected", nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := c.house
			reports, err := Walk(t.Context(), lamp(t), State{}, c.opts, &h)
			if got := results(reports); got != c.want {
				t.Errorf("%s, want %s\n%s", got, c.want, strings.Join(h.said, "\n"))
			}
			if diff := cmp.Diff(c.called, h.called); diff != "" {
				t.Error(diff)
			}
			if errors.Is(err, ErrLeft) != c.left || err != nil && !c.left {
				t.Errorf("error %v", err)
			}
			if Holds(reports) != c.well {
				t.Errorf("well: %t", !c.well)
			}
		})
	}
}

// A walk that was left goes on where it was: what was done is not done again, and
// what was seen before that still counts.
func TestWalkResumed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h := house{state: "out", heals: true, cancel: cancel}
	reports, err := Walk(ctx, lamp(t), State{Book: "lamp"}, Options{Yes: true}, &h)
	if !errors.Is(err, ErrLeft) || results(reports) != "as expected, stopped, not reached" {
		t.Fatalf("%s, %v", results(reports), err)
	}
	// It was stopped within the change, so nobody knows what came of it: it is made
	// once more by what was seen before, though the lamp shines already.
	state := h.saved[len(h.saved)-1]
	if len(state.Done) != 0 || len(state.Begun) != 1 || state.Captured["ROOM"][0] != "hall" {
		t.Errorf("kept: %+v", state)
	}
	h = house{state: "on"}
	reports, err = Walk(t.Context(), lamp(t), state, Options{Yes: true}, &h)
	if err != nil || results(reports) != "seen earlier, done, as expected" || len(h.called) != 1 {
		t.Errorf("%s, %v, %q", results(reports), err, h.called)
	}
	state = h.saved[len(h.saved)-1]
	again := house{state: "on"}
	reports, err = Walk(t.Context(), lamp(t), state, Options{Yes: true}, &again)
	if err != nil || results(reports) != "seen earlier, done earlier, as expected" || again.called != nil {
		t.Errorf("%s, %v, %q", results(reports), err, again.called)
	}
}

// A change that cannot be noted is not made.
func TestWalkThatCannotBeKept(t *testing.T) {
	t.Parallel()
	h := house{state: "out", heals: true, unkept: ErrElsewhere}
	reports, err := Walk(t.Context(), lamp(t), State{}, Options{Yes: true}, &h)
	if !errors.Is(err, ErrElsewhere) || results(reports) != "as expected, not reached, not reached" || h.called != nil {
		t.Errorf("%s, %v, %q", results(reports), err, h.called)
	}
}

// A runbook for another trouble changes nothing, and says so; a step about what no
// earlier one has found is skipped.
func TestWalkForAnotherTrouble(t *testing.T) {
	t.Parallel()
	text := strings.Replace(sample, "expect: {.state} = on\n", "expect: {.rooms[*].name} = $ROOM\n", 1)
	text = strings.Replace(text, "{.rooms[*].name}\n-->", "{.dark[*].name}\n-->", 1)
	book, err := Parse("lamp", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	h := house{state: "on"}
	reports, err := Walk(t.Context(), book, State{}, Options{Yes: true}, &h)
	if err != nil || results(reports) != "not as expected, skipped, skipped" {
		t.Errorf("%s, %v", results(reports), err)
	}
	if Fits(reports) || Changed(reports) != 0 || Holds(reports) {
		t.Errorf("fits: %t, changed: %d, holds: %t", Fits(reports), Changed(reports), Holds(reports))
	}
	if why := reports[0].Why; why != "exit code 0, not 3" {
		t.Errorf("why: %q", why)
	}
	h = house{state: "out", heals: true}
	if reports, _ = Walk(t.Context(), lamp(t), State{}, Options{Yes: true}, &h); !Fits(reports) || Changed(reports) != 1 {
		t.Errorf("fits: %t, changed: %d", Fits(reports), Changed(reports))
	}
}

// TestNothingIsWellOfATrouble calls a look that has found the trouble that it is for
// as it should be, but not well.
func TestNothingIsWellOfATrouble(t *testing.T) {
	t.Parallel()
	h := &house{state: "out", heals: true}
	if _, err := Walk(t.Context(), lamp(t), State{}, Options{Yes: true}, h); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, text := range h.said {
		if strings.Contains(text, "expect") {
			said = append(said, text)
		}
	}
	if want := []string{"as the runbook expects", "well: as expected"}; !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
}
