package runbook

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample is a small runbook with one of each.
const sample = `# A lamp is out

It is dark, and nobody can
read.

## How it looks

Dark.

## How to confirm

### Look at the lamp

Take a torch.

<!-- look: lamp
expect: exit 3
expect: {.state} in out, dim or {.watts} < 5
capture: ROOM = {.rooms[*].name}
-->
` + "```console\n$ binderctl lamps list --in 'the house'\n```" + `

If it shines, look elsewhere.

## Mend

### Change the bulb

Wait until it is cool.

**Costs users:** a minute
in the dark.

<!-- mend: bulb
needs: lamp {.state} = out
-->
` + "```console\n$ binderctl lamps change $ROOM --reason 'it is out'\n```" + `

## Verify

### It shines

<!-- verify: shines
expect: {.state} = on
within: 2m
-->
` + "```console\n$ binderctl lamps list\n```" + `

## Afterwards

` + "```console\n$ binderctl lamps log\n```" + `

## What taught us

- 2017-09-29: the lamp was out, since 2017-09-28.
`

func TestParse(t *testing.T) {
	t.Parallel()
	book, err := Parse("lamp", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if book.Title != "A lamp is out" || book.Symptom != "It is dark, and nobody can read." {
		t.Errorf("title %q, symptom %q", book.Title, book.Symptom)
	}
	if diff := cmp.Diff([]string{"2017-09-29", "2017-09-28"}, book.Incidents); diff != "" {
		t.Error(diff)
	}
	if len(book.Steps) != 3 {
		t.Fatalf("%d steps: %+v", len(book.Steps), book.Steps)
	}
	look, mend, verify := book.Steps[0], book.Steps[1], book.Steps[2]
	if look.Kind != Look || look.ID != "lamp" || look.Title != "Look at the lamp" || look.Prose != "Take a torch." || look.Else != "If it shines, look elsewhere." {
		t.Errorf("look: %+v", look)
	}
	if diff := cmp.Diff([]string{"lamps", "list", "--in", "the house"}, look.Words); diff != "" {
		t.Error(diff)
	}
	if mend.Cost != "a minute in the dark." || mend.Prose != "Wait until it is cool." || mend.Else != "" {
		t.Errorf("mend: %+v", mend)
	}
	if verify.Within != 2*time.Minute || verify.Title != "It shines" {
		t.Errorf("verify: %+v", verify)
	}
	if !look.AsksForData(nil) || !verify.AsksForData(nil) || mend.AsksForData(book.Steps[2:]) {
		t.Error("which steps are asked for data")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"no title":           {"# A lamp is out", "", "title"},
		"a section missing":  {"## Afterwards", "## Then", "its sections"},
		"no incident":        {"- 2017-09-29: the lamp was out, since 2017-09-28.", "- once", "names no incident"},
		"no comment":         {"<!-- look: lamp\nexpect: exit 3\nexpect: {.state} in out, dim or {.watts} < 5\ncapture: ROOM = {.rooms[*].name}\n-->\n", "", "no comment says"},
		"no command":         {"```console\n$ binderctl lamps list\n```", "", "no command follows"},
		"two commands":       {"$ binderctl lamps list\n```\n\n## Afterwards", "$ binderctl lamps list\n$ binderctl lamps show\n```\n\n## Afterwards", "want one line"},
		"another program":    {"$ binderctl lamps list\n```\n\n## Afterwards", "$ kubectl get lamps\n```\n\n## Afterwards", "want one line"},
		"unknown key":        {"within: 2m", "wihtin: 2m", "line 49: \"wihtin\": want expect"},
		"bad age":            {"within: 2m", "within: soon", "not a valid duration"},
		"bad path":           {"{.state} = on", "{.state[} = on", "jsonpath"},
		"bad comparison":     {"{.state} = on", "{.state} is on", "want exit CODE"},
		"no number":          {"{.watts} < 5", "{.watts} < five", "is no number"},
		"unknown step":       {"needs: lamp", "needs: lmap", "no step lmap"},
		"need without step":  {"needs: lamp {.state}", "needs: {.state}", "name the step"},
		"another's outcome":  {"expect: {.state} = on", "expect: lamp {.state} = on", "step's own outcome"},
		"unknown name":       {"$ROOM", "$HOUSE", "captures HOUSE"},
		"no cost":            {"**Costs users:** a minute\nin the dark.\n", "", "Costs users"},
		"no need, no reason": {"needs: lamp {.state} = out\n", "", "says why"},
		"need and reason":    {"needs: lamp {.state} = out\n", "needs: lamp {.state} = out\nalways: because\n", "says why"},
		"same name":          {"verify: shines", "verify: lamp", "taken"},
		"nothing expected":   {"expect: {.state} = on\nwithin: 2m\n", "", "nothing is expected"},
		"not verified":       {"verify: shines\nexpect: {.state} = on\nwithin: 2m", "look: shines\nexpect: {.state} = on", "not to verify"},
		"a mend waits":       {"needs: lamp {.state} = out\n", "needs: lamp {.state} = out\nwithin: 2m\n", "no within"},
		"output of its own":  {"lamps list --in", "lamps list -o wide --in", "-o of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(sample, c.old, c.new, 1)
			if text == sample {
				t.Fatal("the sample was not changed")
			}
			if _, err := Parse("lamp", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	values := Values{"NODE": {"a", "b"}, "REPO": {"x/y"}}
	for line, want := range map[string]struct{ filled, missing []string }{
		"nodes cordon $NODE":             {[]string{"nodes", "cordon", "a", "b"}, nil},
		"pods cull --repo $REPO=2h":      {[]string{"pods", "cull", "--repo", "x/y=2h"}, nil},
		"pods cull --node $POD --name a": {[]string{"pods", "cull", "--node", "--name", "a"}, []string{"POD"}},
		"pods list --reason 'a $NODE'":   {[]string{"pods", "list", "--reason", "a $NODE"}, nil},
	} {
		filled, missing := fill(splitWords(line), values)
		if diff := cmp.Diff(want.filled, filled) + cmp.Diff(want.missing, missing); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

// What a step has captured was named by somebody in a cluster, and a command that is
// shown gets copied: all of its words are typed, and those of the runbook as it has them.
func TestCommandIsTyped(t *testing.T) {
	t.Parallel()
	typed := func(word string) string { return "[" + word + "]" }
	words := splitWords("pods cull --repo $REPO=1h")
	filled, _ := fill(words, Values{"REPO": {"x/`id`"}})
	if got := commandOf(filled, typed); got != "binderctl [pods] [cull] [--repo] [x/`id`=1h]" {
		t.Errorf("it is shown as %s", got)
	}
	if got := commandOf(words, named(typed)); got != "binderctl [pods] [cull] [--repo] $REPO=1h" {
		t.Errorf("before anything was captured it is shown as %s", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("<!-- look: a\n-->\n```console\n$ binderctl x\n```"))
	f.Add([]byte("# a\n\n<!--"))
	f.Add([]byte("```console"))
	f.Fuzz(func(_ *testing.T, source []byte) { _, _ = Parse("fuzz", source) })
}
