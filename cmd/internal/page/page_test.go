package page

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hostile is what somebody might call a repository, a node or a log line.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>{{.Title}}</svg></style>`

func at() time.Time { return time.Date(2018, 7, 8, 21, 30, 0, 0, time.UTC) }

func written(t *testing.T, p Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestNothingBecomesMarkup has hostile texts in every place there is.
func TestNothingBecomesMarkup(t *testing.T) {
	t.Parallel()
	text := written(t, Page{
		Title: hostile, Where: hostile, At: at(), State: hostile, Sum: hostile, Foot: hostile,
		Lines:   []Line{{State: hostile, Name: hostile, Says: hostile, Evidence: []string{hostile}, Next: hostile, Runbook: Link{hostile, "javascript:alert(3)"}}},
		Ages:    []Band{{Age: hostile, Pods: []int{3, 1}}},
		Repos:   []string{hostile},
		Nodes:   []Node{{Name: hostile, Users: 1, Full: 7, State: hostile, Note: hostile}},
		Minutes: []int{1, 0, 2},
		Events:  []Event{{at(), hostile}},
	})
	for _, tag := range []string{"<script", "<img", "alert(1)</script>", "</svg></style>", `"javascript:`} {
		if strings.Contains(text, tag) {
			t.Errorf("%q became markup", tag)
		}
	}
	if n := strings.Count(text, "</svg>"); n != 3 {
		t.Errorf("%d charts end, want 3", n)
	}
	if found := regexp.MustCompile(`(?:src|<link[^>]*href|url)\s*[=(]\s*["']?(?:https?:)?//`).FindString(text); found != "" {
		t.Errorf("the page fetches something: %q", found)
	}
}

func TestChartsSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	text := written(t, Page{
		At: at(), State: "bad", Repos: []string{"a/b"},
		Lines:   []Line{{Name: "hub", Runbook: Link{"hub-blind", "https://example.org/hub-blind.md"}}},
		Ages:    []Band{{"<10m", []int{2, 1}}, {"6h-12h", []int{40, 0}}, {">1d", []int{0, 0}}},
		Nodes:   []Node{{Name: "gke-1", Full: 0.97, Users: 90, State: "ok"}, {Name: "gke-2", State: "bad", Note: "not ready"}},
		Minutes: []int{0, 4, 0},
		Events:  []Event{{at().Add(-5 * time.Hour), "the reflector died"}, {at().Add(-2 * time.Minute), "the last server started"}, {at().Add(-119 * time.Second), "it was slow"}},
	})
	for _, want := range []string{
		"43 users&#39; pods in 3 bands of age, the oldest in 6h-12h. Most are of a/b: 42.",
		"2 nodes; 1 at least nine tenths full. Not well or closed: gke-2: 0 users, 0 % full, not ready.",
		"4 of the pods that are there now were made within 3 minutes, at most 4 in one. Events of the Hub that are marked and listed below: 2.",
		`text-anchor="middle">1-2</text>`, // which would stand on each other
		"<title>6h-12h old: 40 of a/b</title>",
		`runbook: <a href="https://example.org/hub-blind.md" rel="noreferrer">hub-blind</a>`,
		`<time datetime="2018-07-08T16:30:00Z">2018-07-08 16:30:00 UTC</time> the reflector died`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	// What could not be seen is not said to be none.
	unseen := written(t, Page{At: at(), Events: []Event{{at(), "the reflector died"}}})
	for _, want := range []string{
		"<figcaption>Users&#39; pods could not be seen.<", "it can allot. How full nodes are could not be seen.<", "still there. They could not be seen.<", "the reflector died",
	} {
		if !strings.Contains(unseen, want) {
			t.Errorf("of what was not seen it does not say %q", want)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "-0.1", "%!"} {
		if strings.Contains(text, bad) || strings.Contains(written(t, Page{At: at()}), bad) {
			t.Errorf("there is a %q in it", bad)
		}
	}
}

// A node that the map has no room for is counted, and named if it is not well.
func TestNodesThatAreNotDrawn(t *testing.T) {
	t.Parallel()
	nodes := make([]Node, nodesDrawn+100)
	for i := range nodes {
		nodes[i] = Node{Name: fmt.Sprint("user-", i), Full: 0.95, State: "ok"}
	}
	nodes[len(nodes)-1].State, nodes[len(nodes)-1].Note = "bad", "not ready"
	got := drawNodes(Page{Nodes: nodes}).Says
	if want := "340 nodes; 340 at least nine tenths full. Not well or closed: user-339: 0 users, 95 % full, not ready."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for i := range nodes {
		nodes[i].State = "bad"
	}
	if got := drawNodes(Page{Nodes: nodes}).Says; !strings.HasSuffix(got, "; and 310 more.") {
		t.Errorf("all are named: %s", got)
	}
}
