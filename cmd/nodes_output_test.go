package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// on80 is an App at a terminal of 80 columns, and what it prints there.
func on80() (*App, *bytes.Buffer) {
	var out bytes.Buffer
	return &App{Term: ui.NewTerminal(ui.Streams{
		Out: &out, Err: &bytes.Buffer{}, Columns: func() int { return 80 },
		Getenv: func(name string) string { return map[string]string{"NO_COLOR": "1", "LANG": "C.UTF-8"}[name] },
		IsTTY:  func(any) bool { return true },
	})}, &out
}

func testNow() time.Time { return time.Date(2018, 1, 18, 16, 30, 0, 0, time.UTC) }

func testNodes() []nodes.Node {
	room := nodes.Room{CPU: 3920, Memory: 23500 << 20, Pods: 110}
	threeHours := testNow().Add(-3 * time.Hour)
	return []nodes.Node{
		{
			Name: "gke-prod-a-ssd-pool-972e4826-0kok", Pool: "ssd-pool", Ready: true, Created: testNow().Add(-49 * time.Hour),
			Allocatable: room, Requested: nodes.Room{CPU: 1058, Memory: 20400 << 20, Pods: 46}, Users: 43, ForUsers: true, Free: 6,
			Conditions: []nodes.Condition{}, Autoscaling: []string{},
		},
		{
			Name: "gke-prod-a-ssd-pool-972e4826-2fhq", Pool: "ssd-pool", Ready: true, Created: testNow().Add(-55 * time.Hour),
			Allocatable: room, Requested: nodes.Room{CPU: 1490, Memory: 23030 << 20, Pods: 53}, Users: 48, ForUsers: true,
			Cordoned:   &nodes.Cordoning{By: "yuvi", With: "binderctl", Since: &threeHours, Reason: "network is broken", For: nodes.ForCordon},
			Conditions: []nodes.Condition{}, Autoscaling: []string{},
		},
	}
}

func TestNodesListAt80Columns(t *testing.T) {
	t.Parallel()
	listing := &nodes.Listing{
		At: testNow(), Nodes: testNodes(), Missing: []nodes.Missing{}, Unseen: []string{},
		Headroom: nodes.Headroom{
			Usual: nodes.Room{CPU: 10, Memory: 450 << 20, Pods: 1}, UsualOf: 91, Users: 91, Builds: 3, Nodes: 2, Cordoned: 1,
			Now: 6, PerNode: 49, MaxNodes: 4, OnNodesYet: 98,
		},
		Forecast: &nodes.Forecast{Room: 104, Arrivals: 39, Window: 1800, Full: 4800, Earliest: 3511, Latest: 6750},
	}
	app, out := on80()
	if err := app.printNodes(cluster.Location{}, listing, nodesListOptions{sortBy: nodes.ByName}); err != nil {
		t.Fatal(err)
	}
	want := `NAME                               STATUS          USERS    PODS  CPU  MEM   AGE
gke-prod-a-ssd-pool-972e4826-0kok  Ready              43  46/110  27%  87%  2d1h
gke-prod-a-ssd-pool-972e4826-2fhq  Ready,cordoned     48  53/110  38%  98%  2d7h

gke-prod-a-ssd-pool-972e4826-2fhq: cordoned 3h ago by yuvi: network is broken
91 users and 3 builds; 2 nodes for users (1 cordoned)
room for 6 more users of 0.01 CPU and 472 MB
the autoscaler may add 2 nodes, with room for 98 more users
full with all nodes in about 80 minutes (60 to 115) if nobody leaves:
39 users came in the last 30 minutes
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

// Without pods nothing is known of how full the nodes are, and nothing is said.
func TestNodesListWithoutPods(t *testing.T) {
	t.Parallel()
	listing := &nodes.Listing{
		At: testNow(), Nodes: testNodes()[:1], Missing: []nodes.Missing{{List: "pods", Why: "forbidden"}}, Unseen: []string{},
	}
	app, out := on80()
	if err := app.printNodes(cluster.Location{}, listing, nodesListOptions{sortBy: nodes.ByName}); err != nil {
		t.Fatal(err)
	}
	want := `NAME                               STATUS  USERS  PODS  CPU  MEM   AGE
gke-prod-a-ssd-pool-972e4826-0kok  Ready       -     -    -    -  2d1h
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestSuspectsAt80Columns(t *testing.T) {
	t.Parallel()
	suspect := nodes.Suspect{Node: testNodes()[1], Score: 13.5, Threshold: nodes.Threshold, Unhealthy: true, Evidence: []nodes.Evidence{
		{
			Clue: nodes.LoopOnlyHere, Weight: 6, Objects: 1, At: testNow().Add(-4 * time.Minute), Object: "pod kube-system/fluentd-gcp-v2.0.9-68p79",
			What: "container fluentd-gcp is in CrashLoopBackOff after 34 restarts; 13 of its 14 pods do not",
		},
		{Clue: nodes.UsersFailed, Weight: 6, Objects: 14, At: testNow(), Object: "node n", What: "14 of the 14 users' servers that failed in the last hour were there"},
		{Clue: nodes.PullFailed, Weight: 1.5, Objects: 2, At: testNow().Add(-time.Hour), Object: "pod prod/jupyter-a", What: "ErrImagePull of r2d-a", Shared: true},
	}}
	suspect.Cordoned = nil
	app, out := on80()
	if err := app.writeSuspects([]suspectRow{newSuspectRow(suspect, testNow())}, ui.Table); err != nil {
		t.Fatal(err)
	}
	want := `gke-prod-a-ssd-pool-972e4826-2fhq: unhealthy, suspicion 13.5 of 10
Ready, pool ssd-pool, 48 users, 2d7h old
WEIGHT  EVIDENCE                                                            SEEN
     6  pod kube-system/fluentd-gcp-v2.0.9-68p79: container fluentd-gcp is    4m
        in CrashLoopBackOff after 34 restarts; 13 of its 14 pods do not
     6  14 of the 14 users' servers that failed in the last hour were        now
        there
   1.5  pod prod/jupyter-a: ErrImagePull of r2d-a; and 1 more (many nodes    60m
        show this, so it counts a quarter)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

// TestWeightsAreDocumented keeps docs/suspicion.md the same as what is weighed.
func TestWeightsAreDocumented(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "suspicion.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- weights -->\n", "<!-- end of weights -->"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the weights", path)
	}
	var table strings.Builder
	table.WriteString("| kind | first | more | cap | shared | why |\n|---|--:|--:|--:|---|---|\n")
	for _, w := range nodes.Weights() {
		shared := "a quarter"
		if !w.Shared {
			shared = "always"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s | %s |\n", w.Clue, points(w.First), points(w.More), points(w.Cap), shared, w.Why)
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("%s is out of date; go test ./cmd -run TestWeightsAreDocumented -update (-want +got):\n%s", path, diff)
	}
}

// Whose cordon it is, and why, is never cut: who opens a node has to know.
func TestStepsAt80Columns(t *testing.T) {
	t.Parallel()
	node := testNodes()[1]
	var said bytes.Buffer
	app := &App{Now: testNow, Term: ui.NewTerminal(ui.Streams{
		Out: &bytes.Buffer{}, Err: &said, Columns: func() int { return 80 },
		Getenv: func(name string) string { return map[string]string{"NO_COLOR": "1", "LANG": "C.UTF-8"}[name] },
		IsTTY:  func(any) bool { return true },
	})}
	step := nodes.Step{
		Subject: nodes.Subject{Name: node.Name, Pool: node.Pool, Ready: true, Cordoned: true, Holder: node.Cordoned, Created: node.Created},
		Change:  true, Reason: "cordoned 3h ago by yuvi: network is broken, see the incident (not by you)",
	}
	if err := app.showSteps([]nodes.Step{step}, "uncordon", false); err != nil {
		t.Fatal(err)
	}
	want := `NODE                               STATUS          PLAN
gke-prod-a-ssd-pool-972e4826-2fhq  Ready,cordoned  uncordon
  note: cordoned 3h ago by yuvi: network is broken, see the incident (not by
  you)

warning: gke-prod-a-ssd-pool-972e4826-2fhq is not known to be your cordon: ask
first whether it is still needed
`
	if diff := cmp.Diff(want, said.String()); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

// When many nodes fail at once no single one is to be cordoned.
func TestManyNotReadyMeanTheServer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		silent, all int
		want        bool
	}{{3, 3, true}, {2, 2, false}, {3, 9, false}, {4, 9, true}, {1, 1, false}} {
		if got := allTogether(make([]nodes.Suspect, tc.silent), tc.all); got != tc.want {
			t.Errorf("%d of %d: %v, want %v", tc.silent, tc.all, got, tc.want)
		}
	}
}
