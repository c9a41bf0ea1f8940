package cmd

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/binderctl/binderctl/cmd/internal/runbook"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/docs/runbooks"
)

// TestRunbooks holds every runbook to what docs/runbooks/README.md says of them.
// That they have all sections, a cost of each mend and a verification is for
// reading them.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	books, err := readBooks()
	if err != nil {
		t.Fatal(err)
	}
	if len(books) < 9 {
		t.Errorf("there are %d runbooks", len(books))
	}
	for _, book := range books {
		t.Run(book.Name, func(t *testing.T) {
			t.Parallel()
			for _, step := range book.Steps {
				callable(t, step)
			}
			linksLead(t, book.Name, book.Text)
			if len(book.Symptom) > 150 {
				t.Errorf("the symptom is no short sentence: %q", book.Symptom)
			}
		})
	}
}

// callable proves that a step can be called, and that it changes something if and
// only if it is a mend.
func callable(t *testing.T, step runbook.Step) {
	t.Helper()
	words := slices.Clone(step.Words)
	for i, word := range words {
		words[i] = captured.Replace(word)
	}
	if slices.Contains(step.Words, "orphans") && step.Kind == runbook.Mend && !strings.Contains(step.Cost, "The plan counts") {
		t.Errorf("%s: its plan counts each pod that runs as a session cut off, and its cost does not say why that is none: %s", step.ID, step.Cost)
	}
	if step.Kind == runbook.Mend {
		callsWell(t, append(slices.Clone(words), "--yes"))
		callsWell(t, append(slices.Clone(words), "--dry-run"))
		return
	}
	cmd, _, err := newRoot(&App{Term: ui.NewTerminal(ui.Streams{})}).Find(words)
	if err != nil {
		t.Fatal(err)
	}
	changes := cmd.Flags().Lookup("yes") != nil && !slices.Contains(words, "--dry-run")
	if changes && (cmd.Name() != "orphans" || slices.Contains(words, "--cull")) {
		t.Errorf("%s: a %s must not change anything: %q", step.ID, step.Kind, words)
	}
	callsWell(t, append(words, "--output=json"))
}

// callsWell is parses for a command that is in words already.
func callsWell(t *testing.T, words []string) {
	t.Helper()
	root := newRoot(&App{Term: ui.NewTerminal(ui.Streams{})})
	cmd, args, err := root.Find(words)
	if err == nil {
		err = cmd.ParseFlags(args)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err == nil {
		err = cmd.ValidateFlagGroups()
	}
	if err != nil {
		t.Errorf("binderctl %q: %v", words, err)
	}
}

var mdLink = regexp.MustCompile(`\]\(([^)]+)\)`)

func linksLead(t *testing.T, from, text string) {
	t.Helper()
	for _, link := range mdLink.FindAllStringSubmatch(text, -1) {
		if _, err := fs.Stat(runbooks.FS, link[1]); err != nil && !strings.HasPrefix(link[1], "https://") {
			t.Errorf("%s leads to %s, which is not there", from, link[1])
		}
	}
}

// The index names every runbook, and none that is not there.
func TestRunbookIndex(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(runbooks.FS, indexName)
	if err != nil {
		t.Fatal(err)
	}
	linksLead(t, indexName, string(text))
	books, err := readBooks()
	if err != nil {
		t.Fatal(err)
	}
	for _, book := range books {
		if !strings.Contains(string(text), "("+book.Name+".md)") {
			t.Errorf("the index does not name %s", book.Name)
		}
	}
}

// What people type who see something finds the runbook that fits.
func TestSymptomsFindRunbooks(t *testing.T) {
	t.Parallel()
	books, err := readBooks()
	if err != nil {
		t.Fatal(err)
	}
	index, err := fs.ReadFile(runbooks.FS, indexName)
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"launches fail with 504":               "hub-blind",
		"pods stay Pending":                    "cluster-full",
		"cluster full":                         "cluster-full",
		"user says disconnected":               "proxy-down",
		"failed to create temporary user":      "proxy-down",
		"cannot resolve github.com":            "sick-node",
		"server is in the process of stopping": "stuck-stopping",
		"reddit":                               "traffic-spike",
		"too many nodes":                       "scale-down",
		"is it over":                           "verify-recovery",
		"spawn timeout":                        "hub-blind",
		"launch timed out":                     "hub-blind",
		"too many pods":                        "hub-blind",
		"hub down":                             "restart-hub",
		"ImagePullBackOff":                     "sick-node",
		"did not start in 300 seconds":         "hub-blind",
		"one repository has hundreds of pods":  "traffic-spike",
		"the hub does not answer":              "restart-hub",
	} {
		hits := runbook.Search(books, string(index), strings.Fields(words))
		if len(hits) == 0 || hits[0].Book.Name != want {
			var got []string
			for _, hit := range hits[:min(3, len(hits))] {
				got = append(got, hit.Book.Name)
			}
			t.Errorf("%s: %q, want %s first", words, got, want)
		}
	}
}
