package pods

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestCounter(t *testing.T) {
	t.Parallel()
	now := clustertest.Now()
	pods := []Pod{
		{Name: "a", Repo: "owner/name", Node: "n1", Phase: corev1.PodRunning, Status: "Running", User: "u1", Image: "i1", Created: now.Add(-3 * hour), CPU: 10, Memory: 1},
		{Name: "b", Repo: "Owner/Name", Node: "n1", Phase: corev1.PodPending, Status: "Pending", Image: "i1", Created: now.Add(-5 * hour), CPU: 20, Memory: 2},
		{Name: "c", Repo: "other/name", Phase: corev1.PodFailed, Status: "Error", User: "u1", Image: "i2", Created: now.Add(-time.Minute), CPU: 30, Memory: 4},
		{Name: "d", Repo: "another/name", Node: "n2", Phase: corev1.PodUnknown, Status: "Error", User: "u2", Image: "i3", Created: now.Add(time.Minute), CPU: 40, Memory: 8},
	}
	for key, want := range map[Key][]string{
		KeyRepo:   {"Owner/Name 2", "another/name 1", "other/name 1"}, // the largest first, then by name
		KeyNode:   {"n1 2", "<none> 1", "n2 1"},
		KeyImage:  {"i1 2", "i2 1", "i3 1"},
		KeyPhase:  {"Failed 1", "Pending 1", "Running 1", "Unknown 1"},
		KeyStatus: {"Error 2", "Pending 1", "Running 1"},
		KeyUser:   {"u1 2", "<none> 1", "u2 1"},
		KeyAge:    {"<10m 2", "2h-4h 1", "4h-6h 1"}, // from young to old, how many whichever
	} {
		t.Run(string(key), func(t *testing.T) {
			t.Parallel()
			counter := NewCounter(key, clustertest.Now)
			for _, pod := range pods {
				counter.Add(pod)
			}
			var got []string
			for _, count := range counter.Counts() {
				got = append(got, fmt.Sprintf("%s %d", count.Value, count.Pods))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("in full", func(t *testing.T) {
		t.Parallel()
		counter := NewCounter(KeyRepo, clustertest.Now)
		counter.Add(pods[2])
		counter.Reset()
		for _, pod := range pods[:2] {
			counter.Add(pod)
		}
		want := []Count{{
			Value: "Owner/Name", Pods: 2, Running: 1, Pending: 1,
			Oldest: now.Add(-5 * hour), Newest: now.Add(-3 * hour), CPU: 30, Memory: 3,
		}}
		if diff := cmp.Diff(want, counter.Counts()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
	t.Run("of nothing", func(t *testing.T) {
		t.Parallel()
		if got := NewCounter(KeyRepo, clustertest.Now).Counts(); got == nil || len(got) != 0 {
			t.Errorf("counts are %#v, want none, which is [] in JSON", got)
		}
	})
}

func TestAgeBands(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		0:                              "<10m",
		10*time.Minute - time.Second:   "<10m",
		10 * time.Minute:               "10m-30m",
		30*time.Minute - 1:             "10m-30m",
		30 * time.Minute:               "30m-1h",
		hour:                           "1h-2h",
		2*hour - time.Second:           "1h-2h",
		2 * hour:                       "2h-4h",
		4 * hour:                       "4h-6h",
		6*hour - time.Second:           "4h-6h",
		6 * hour:                       "6h-12h",
		12 * hour:                      "12h-1d",
		24*hour - time.Second:          "12h-1d",
		24 * hour:                      ">1d",
		365 * 24 * hour:                ">1d",
		time.Duration(1<<63 - 1):       ">1d",
		7*hour + 30*time.Minute:        "6h-12h",
		3*hour + 59*time.Minute + 59e9: "2h-4h",
	} {
		if got := BandOf(age); got != want {
			t.Errorf("BandOf(%s) = %s, want %s", age, got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	now := clustertest.Now()
	pods := []Pod{
		{Namespace: "x", Name: "a", Created: now, Repo: "b/b", Node: "n2", Status: "Running", Restarts: 0},
		{Namespace: "x", Name: "b", Created: now.Add(-hour), Repo: "A/a", Node: "n1", Status: "Error", Restarts: 3},
		{Namespace: "w", Name: "c", Created: now, Repo: "a/A", Node: "n2", Status: "Error", Restarts: 3},
		{Namespace: "x", Name: "d", Created: now.Add(-hour), Repo: "b/b", Node: "", Status: "Pending", Restarts: 1},
	}
	for by, want := range map[Order]string{
		ByAge:      "b d c a", // equals by namespace, then by name
		ByName:     "c a b d",
		ByRepo:     "c b a d",
		ByNode:     "d b c a",
		ByStatus:   "c b d a",
		ByRestarts: "c b d a",
	} {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			var names []string
			for _, pod := range slices.SortedFunc(slices.Values(pods), by.Compare) {
				names = append(names, pod.Name)
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("order %s, want %s", got, want)
			}
		})
	}
	if got := len(Orders()); got != 6 {
		t.Errorf("%d orders are listed", got)
	}
}
