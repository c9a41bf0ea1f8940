package pods

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBursts(t *testing.T) {
	t.Parallel()
	// fail lets the users' pods of some nodes fail, one each step.
	fail := func(step time.Duration, nodes ...int) *town {
		town := newTown(20)
		seen := map[int]int{}
		for i, n := range nodes {
			town.on(failing(time.Duration(i)*step), fmt.Sprintf("jupyter-%02d-%02d", n, seen[n]))
			seen[n]++
		}
		return town
	}
	for _, test := range []struct {
		name string
		town *town
		want []string
	}{
		{"nothing failed", newTown(20), []string{}},
		{"two on a node", fail(time.Minute, 4, 4), []string{}},
		{"three on a node", fail(time.Minute, 4, 4, 4), []string{"node-04: 3"}},
		{"three on a node, too far apart", fail(6*time.Minute, 4, 4, 4), []string{}},
		{"a long trail on a node, each three within the window", fail(5*time.Minute, 4, 4, 4, 4, 4, 4, 4), []string{"node-04: 7"}},
		{"some over the namespace", fail(time.Minute, 1, 2, 3, 4, 5), []string{}},
		{"many over the namespace", fail(time.Minute, 1, 2, 3, 4, 5, 6), []string{": 6"}},
		{"many over the namespace, in hours", fail(15*time.Minute, 1, 2, 3, 4, 5, 6, 7), []string{}},
		{"one on a node, and others elsewhere", fail(time.Second, 4, 4, 4, 1, 2), []string{"node-04: 3"}},
		{"two nodes", fail(time.Second, 4, 4, 4, 9, 9, 9, 9), []string{"node-09: 4", "node-04: 3"}},
		{"before anybody asked", newTown(20).on(failing(2*time.Hour+time.Minute), "jupyter-04-00", "jupyter-04-01", "jupyter-04-02"), []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := []string{}
			for _, b := range test.town.diagnose().Bursts {
				got = append(got, fmt.Sprintf("%s: %d", b.Node, len(b.Pods)))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("bursts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBurstTellsTheLatestFirst(t *testing.T) {
	t.Parallel()
	town := newTown(20)
	for u := range 4 {
		town.on(failing(time.Duration(u)*time.Minute), fmt.Sprintf("jupyter-04-%02d", u))
	}
	b := town.diagnose().Bursts[0]
	if got := b.Pods[0]; got.Name != "jupyter-04-00" || got.Cause() != "Error 1" || got.Container != "notebook" {
		t.Errorf("the latest is %+v", got)
	}
	if repo, n := b.Most(func(p FailedPod) string { return p.Repo }); repo != "owner/repo-4" || n != 1 {
		t.Errorf("most frequent repository %s with %d, want the first by name", repo, n)
	}
}
