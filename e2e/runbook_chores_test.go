package e2e

import (
	"strings"
	"testing"
	"time"
)

// walks runs a runbook, with --yes unless there is another flag, and wants results
// of its steps.
func (p *place) walks(t *testing.T, book string, code int, want map[string]string, flags ...string) {
	t.Helper()
	if len(flags) == 0 {
		flags = []string{"--yes"}
	}
	r := p.run(t, append([]string{"runbook", "run", book, "-o", "json"}, flags...)...).exits(code)
	var doc runDoc
	r.decode(&doc)
	for id, result := range want {
		if got := doc.result(id); got != result {
			r.failf("%s: %s is %s, want %s", book, id, got, result)
		}
	}
}

// leavesAlone runs runbooks for other troubles than the one there is: they change
// nothing, and say so.
func (p *place) leavesAlone(t *testing.T, books ...string) {
	t.Helper()
	before, closed := p.everything(t), p.closed(t)
	for _, book := range books {
		r := p.run(t, "runbook", "run", book, "--yes", "-o", "json").says(book + `: .*; nothing was changed; `)
		var doc runDoc
		r.decode(&doc)
		for _, step := range doc.Items {
			if step.Kind == "mend" && step.Result != "skipped" {
				r.failf("%s: %s: %s", book, step.ID, step.Result)
			}
		}
	}
	p.lostOnly(t, before, p.namespace, nil)
	if now := p.closed(t); now != closed {
		t.Errorf("cordoned before: %q; now: %q", closed, now)
	}
}

// hugged is what comes before and after the sick node of a front page's day: while
// it is sick nothing else is the trouble, and when it is not, the crowd is; and
// once that is gone, too many nodes are left.
func hugged(t *testing.T, p *place) {
	t.Helper()
	p.run(t, "pods", "list", "--phase", "Pending", "--older-than", "5m", "-o", "name").exits(0).printsNothing()
	p.leavesAlone(t, "traffic-spike", "cluster-full")

	// All nodes but one are taken away: there is hardly room for anybody.
	names := strings.Fields(strings.ReplaceAll(p.run(t, "nodes", "list", "-o", "name").exits(0).stdout, "node/", ""))
	sick := strings.TrimPrefix(strings.TrimSpace(p.closed(t)), "node/")
	var crowded []string
	for _, name := range names {
		if name != sick {
			crowded = append(crowded, name)
		}
	}
	last, others := crowded[0], crowded[1:]
	p.run(t, append([]string{"nodes", "cordon", "--yes", "--reason", "full"}, others...)...).exits(0)
	p.walks(t, "traffic-spike", 0, map[string]string{"room": "as expected", "cull-old": "done", "room-left": "not as expected", "cull-repo": "skipped"})
	p.run(t, "pods", "list", "--older-than", "6h", "-o", "name").exits(0).printsNothing()

	// Only when that is not enough would it be the repository's turn.
	p.run(t, "nodes", "cordon", "--yes", "--reason", "full", "--allow-no-room", last).exits(0)
	p.walks(t, "scale-down", 3, map[string]string{"reclaim": "skipped"})
	p.walks(t, "traffic-spike", 3, map[string]string{"cull-old": "skipped", "room-left": "as expected", "cull-repo": "would be done", "room-now": "not as expected"}, "--dry-run")

	// Later the page has moved on, and few are left.
	p.run(t, append([]string{"nodes", "uncordon", "--yes"}, crowded...)...).exits(0)
	p.run(t, "pods", "cull", "--repo", "a-redditor/googlemusic=2h", "--yes").exits(0)
	p.walks(t, "scale-down", 0, map[string]string{"reclaim": "done", "room-now": "as expected", "nobody-waits": "as expected"})
	if closed := strings.Fields(p.closed(t)); len(closed) < 3 || len(closed) >= len(names) {
		t.Errorf("%d of %d nodes are cordoned to be given back", len(closed), len(names))
	}
}

// TestRunbooksOfOrdinaryDays tells of a day on which two servers stop for ever and
// nothing else is wrong; and of the same when that is mended.
func TestRunbooksOfOrdinaryDays(t *testing.T) {
	t.Parallel()
	scenario := replaceFirst(t, readFile(t, "../gameday/scenarios/healthy.yaml"), "\nhub:\n", "\nhub:\n  stuckStopping: 2\n")
	p := placeIn(t, ownGameDay(t, scenario), "prod")
	p.patience = 5 * time.Minute
	p.walks(t, "stuck-stopping", 0, map[string]string{"lost": "as expected", "restart": "done", "none-stuck": "as expected", "works": "as expected"})
	eventually(t, "what the restart has lost is gone", func() bool {
		p.run(t, "pods", "orphans", "--cull", "--yes", "--hub-just-restarted", "--settle", "0")
		return p.run(t, "pods", "orphans").code == 0
	})
	p.leavesAlone(t, "hub-blind", "stuck-stopping", "sick-node", "proxy-down", "cluster-full", "traffic-spike")
	p.walks(t, "verify-recovery", 0, map[string]string{"lost": "as expected", "launch": "as expected", "check": "as expected"})
	p.walks(t, "restart-hub", 0, map[string]string{"plan": "as expected", "restart": "done", "works": "as expected", "knows": "as expected"})

	// Launches do not go through, and verify-recovery says so without waiting for one.
	p.fault(t, "down", "on")
	p.walks(t, "verify-recovery", 3, map[string]string{"hub": "not as expected", "nobody-waits": "as expected", "launch": "skipped", "check": "not as expected"})
}
