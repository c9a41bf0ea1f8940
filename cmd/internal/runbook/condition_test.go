package runbook

import (
	"encoding/json"
	"testing"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	var data any
	if err := json.Unmarshal([]byte(`{
		"verdict": "blind", "pods": 12, "none": null, "healthy": false,
		"counts": {"never-claimed": 3},
		"items": [{"name": "a", "kind": "proxy", "score": 9.5}, {"name": "b", "kind": "hub", "score": 2}]
	}`), &data); err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]Outcome{
		"own":   {Ran: true, Exit: 3, Data: data},
		"other": {Ran: true, Exit: 1},
	}
	captured := Values{"NODE": {"x", "b"}}
	for text, want := range map[string]bool{
		"exit 3":                                    true,
		"exit 0, 3":                                 true,
		"exit 0":                                    false,
		"{.verdict} = blind":                        true,
		"{.verdict} != blind":                       false,
		"{.verdict} in stuck, blind":                true,
		"{.verdict} in stuck, down":                 false,
		"{.verdict} has lin":                        true,
		"{.healthy} = false":                        true,
		"{.pods} > 11":                              true,
		"{.pods} >= 12":                             true,
		"{.pods} < 12":                              false,
		"{.pods} <= 12":                             true,
		"{.verdict} > 1":                            false,
		"{.counts.never-claimed} = 3":               true,
		"count {.items[*].name} = 2":                true,
		"count {.nothing[*].name} = 0":              true,
		"{.nothing} != x":                           false, // of nothing nothing holds
		"{.items[*].name} = b":                      true,
		"{.items[*].name} = $NODE":                  true,
		"{.items[0].name} = $NODE":                  false,
		"{.items[*].name} = $UNSET":                 false,
		`{.items[?(@.kind=="proxy")].name} = a`:     true,
		`count {.items[?(@.kind=="dns")].name} > 0`: false,
		"{.verdict} = down or {.pods} = 12":         true,
		"{.verdict} = down or exit 0":               false,

		`count {.items[?(@.score>5.0)].name} = 1 or exit 77`: true,
	} {
		c, err := parseCondition(text, false)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, seen := c.with(captured).Holds(outcomes, "own")
		if got != want {
			t.Errorf("%s: %t (%s)", text, got, seen)
		}
		if !got && seen == "" {
			t.Errorf("%s: not said what was seen instead", text)
		}
	}
}

// What is said of a condition that does not hold is read by somebody tired.
func TestConditionsInWords(t *testing.T) {
	t.Parallel()
	data := map[string]any{
		"verdict": "healthy", "pods": 12.0,
		"items": []any{map[string]any{"name": "a", "kind": "proxy"}, map[string]any{"name": "b", "kind": "proxy"}},
	}
	for text, want := range map[string]string{
		"exit 3":                      "exit code 0, not 3",
		"{.verdict} in blind, stuck":  "verdict is healthy, not blind or stuck",
		"{.pods} > 20":                "pods is 12, not > 20",
		"{.verdict} != healthy":       "verdict is healthy, not another",
		"{.verdict} has blind":        "verdict is healthy, not with blind",
		"{.counts.stuck} = 0":         "counts.stuck is not there",
		"count {.items[*].name} = 0":  "items: 2, not 0",
		"{.pods} = 1 or {.pods} > 20": "pods is 12, not 1; pods is 12, not > 20",
		"{.none} = 1 or {.none} > 20": "none is not there",

		`count {.items[?(@.kind=="proxy")].pod} > 2`: "items with kind proxy: 0, not > 2",
	} {
		c, err := parseCondition(text, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := c.Holds(map[string]Outcome{"own": {Ran: true, Data: data}}, "own"); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// What was not run, or gave no answer, fulfils no need.
func TestNeedsOfWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	outcomes := map[string]Outcome{"failed": {Ran: true, Exit: 1}}
	for _, text := range []string{"skipped exit 0", "skipped {.pods} = 0", "failed {.pods} = 0", "failed count {.items} = 0", "failed {.pods} != 1"} {
		c, err := parseCondition(text, true)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := c.Holds(outcomes, ""); ok {
			t.Errorf("%s holds", text)
		}
	}
}

func TestCaptureRefusesWhatIsNoName(t *testing.T) {
	t.Parallel()
	p, err := parsePath("{.items[*].name}")
	if err != nil {
		t.Fatal(err)
	}
	step := Step{Captures: []Capture{{"NODE", p}}}
	for name, good := range map[string]bool{"node-1": true, "owner/repo": true, "--all": false, "a b": false, "": false, "owner/*": false, "owner/repo?": false, "[ab]": false, "a\x1b[0m": false} {
		data := map[string]any{"items": []any{map[string]any{"name": name}}}
		values, err := step.capture(Outcome{Ran: true, Data: data})
		if good != (err == nil && len(values["NODE"]) == 1) {
			t.Errorf("%q: %v, %v", name, values, err)
		}
	}
}
