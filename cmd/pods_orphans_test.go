package cmd

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/hubtest"
)

func TestOrphansHealthy(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c")
	b.orphans(t.Context()).exits(0).prints("").says("no pod is lost: 3 pods, 3 servers\n")
	b.pod("young", time.Minute)
	b.orphans(t.Context()).exits(0).prints("").says("no pod is lost: 4 pods, 3 servers, 1 too young to tell\n")
	b.orphans(t.Context(), "--cull", "--yes").exits(0).says("nothing to delete in namespace binder")
}

func TestOrphansFound(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "lost")
	b.hub.Forget("lost", "")
	b.hub.Set(hubtest.Server{User: "ghost", Started: clustertest.Now().Add(-90 * time.Minute), LastActivity: clustertest.Now()})
	b.orphans(t.Context(), "--settle", "0").exits(3).says(`1 orphan, 1 ghost \(of 4 pods, 4 servers\); 1 not certain`).
		says(`hint: orphan: .*: binderctl pods orphans --cull`)
	b.orphans(t.Context(), "--settle", "0", "-o", "name").exits(3).prints("pod/lost\n")
	b.orphans(t.Context(), "--settle", "0", "--class", "ghost,stuck", "-o", "name").exits(0).prints("")
	b.orphans(t.Context(), "--settle", "0", "--older-than", "2h", "-o", "name").exits(0).prints("").says("none of the 2 findings")
	b.orphans(t.Context(), "--settle", "1ms", "--class", "ghost").exits(3).says("1 ghost may be gone in a moment").says("hint: ghost: a restart")
	var doc orphansDoc
	answer := b.orphans(t.Context(), "--settle", "0", "-o", "json").exits(3)
	if err := json.Unmarshal([]byte(answer.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	got := []any{doc.Pods, doc.Hub.Servers, doc.Counts["orphan"], doc.Counts["ghost"], doc.RoutesRead, len(doc.Items), doc.Items[0].Pod, doc.Items[0].AgeSeconds}
	if diff := cmp.Diff([]any{4, 4, 1, 1, false, 2, "lost", int64(3600)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, answer.stdout)
	}
	if strings.Contains(answer.stdout+answer.stderr, "198.51.100.7") || strings.Contains(answer.stdout+answer.stderr, hubtest.Token) {
		t.Error("a secret is shown")
	}
}

func TestOrphansCulled(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "lost", "lost-too")
	b.hub.Forget("lost", "")
	b.hub.Forget("lost-too", "")
	b.pod("young", time.Minute)
	b.orphans(t.Context(), "--cull").exits(2).says("without a terminal")
	b.orphans(t.Context(), "--cull", "--dry-run", "-o", "name").exits(0).prints("pod/lost\npod/lost-too\n")
	b.orphans(t.Context(), "--cull", "--yes", "--older-than", "2h").exits(0).says("nothing to delete")
	if diff := cmp.Diff([]string{"a", "b", "c", "lost", "lost-too", "young"}, b.there()); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	b.orphans(t.Context(), "--cull", "--yes", "--limit", "1").exits(0).says("which: pods of which the Hub knows nothing; at most 1")
	b.orphans(t.Context(), "--cull", "--yes").exits(0)
	if diff := cmp.Diff([]string{"a", "b", "c", "young"}, b.there()); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}

// TestOrphansAdoptedMeanwhile has the Hub find a lost pod again after the plan.
func TestOrphansAdoptedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "lost", "found")
	b.hub.Forget("lost", "")
	b.hub.Forget("found", "")
	b.said = func(text string) {
		if strings.Contains(text, "to delete: 2") {
			b.server("found")
		}
	}
	b.orphans(t.Context(), "--cull", "--yes").exits(0)
	if diff := cmp.Diff([]string{"a", "b", "c", "found"}, b.there()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLostPods spares what anything else says is somebody's.
func TestLostPods(t *testing.T) {
	t.Parallel()
	found := []hub.Finding{
		{UID: "lost", Class: hub.Orphan, Settled: true},
		{UID: "routed", Class: hub.Orphan, Settled: true, Routed: true},
		{UID: "renamed", Class: hub.Orphan, Settled: true, Perhaps: "x"},
		{UID: "leaving", Class: hub.Orphan, Settled: true, Deleting: true},
		{UID: "open", Class: hub.Orphan},
		{UID: "ghost", Class: hub.Ghost, Settled: true},
	}
	const lost = "pods of which the Hub knows nothing"
	for _, test := range []struct {
		lostMemory, routesRead bool
		want                   []types.UID
		what                   string
	}{
		{false, true, []types.UID{"lost"}, lost + ", and to which the proxy leads nobody"},
		{true, true, []types.UID{"lost", "routed"}, lost + "; the proxy still leads users to 1 of them"},
		{false, false, []types.UID{"lost"}, lost},
	} {
		chosen := lostPods(found, test.lostMemory, test.routesRead)
		if diff := cmp.Diff(test.want, slices.Sorted(maps.Keys(chosen.Reasons))); diff != "" {
			t.Errorf("lost memory %t (-want +got):\n%s", test.lostMemory, diff)
		}
		if chosen.What != test.what {
			t.Errorf("lost memory %t, routes read %t: %q, want %q", test.lostMemory, test.routesRead, chosen.What, test.what)
		}
	}
}

// TestOrphansStopped has somebody not wait for what may pass by itself.
func TestOrphansStopped(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "lost")
	b.forget("lost")
	b.server("ghost")
	ctx, cancel := context.WithCancel(t.Context())
	b.said = func(text string) {
		if strings.Contains(text, "looking again") {
			cancel()
		}
	}
	call := b.orphans(ctx, "-o", "json").exits(130)
	var doc orphansDoc
	if err := json.Unmarshal([]byte(call.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Items) != 2 || !doc.Items[0].Settled || doc.Items[1].Settled {
		t.Errorf("it printed\n%s", call.stdout)
	}
}

// TestOrphansOnScreen has thousands of findings not scroll the few that tell why
// off the screen. Whoever pipes them, or asks for all, has all.
func TestOrphansOnScreen(t *testing.T) {
	t.Parallel()
	var rows []findingRow
	for range 3000 {
		rows = append(rows, findingRow{Finding: hub.Finding{Class: hub.Orphan}})
	}
	for range 2 {
		rows = append(rows, findingRow{Finding: hub.Finding{Class: hub.Ghost}})
	}
	for name, tc := range map[string]struct {
		format      ui.Format
		pipe        bool
		shown, more int
	}{
		"at a terminal": {"", false, findingsShown + 2, 3000 - findingsShown},
		"as a table":    {ui.Table, false, findingsShown + 2, 3000 - findingsShown},
		"wide":          {ui.Wide, false, 3002, 0},
		"in a pipe":     {"", true, 3002, 0},
		"names":         {ui.Name, false, 3002, 0},
		"as JSON":       {"json", false, 3002, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, _, said := terminal80()
			app.Term.OutTTY = !tc.pipe
			o := &observer{app: app}
			o.opts.removal.output = tc.format
			shown, more := o.onScreen(rows)
			if len(shown) != tc.shown || more != tc.more || shown[len(shown)-1].Class != hub.Ghost {
				t.Errorf("%d rows and %d more, want %d and %d", len(shown), more, tc.shown, tc.more)
			}
			if app.sayMore(more, "; -o wide lists all"); (said.String() == "… and 2990 more; -o wide lists all\n") != (more > 0) {
				t.Errorf("said %q", said)
			}
		})
	}
}

func TestOrphansMisuse(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--settle -1s":           "want a positive duration",
		"--class bogus":          "must be one of orphan, ghost",
		"--dry-run":              "add --cull",
		"--hub-lost-its-pods":    "add --cull",
		"--cull --class ghost":   "do not go together",
		"--cull --limit -1 -y":   "want 1 or more",
		"--hub-url hub":          "want http or https",
		"--hub-url http://a:b@c": "not a user and a password",
		"--hub-token-file nope":  "read token",
		"somebody":               "takes no arguments",
		"--max-age 6":            "the unit is missing",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			call := newBinder(t).orphans(t.Context(), strings.Fields(args)...).exits(2).says(says)
			if strings.Contains(call.stderr, "a:b") {
				t.Errorf("a password is shown:\n%s", call.stderr)
			}
		})
	}
}
