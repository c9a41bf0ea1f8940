package drill

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// TestASessionEndsWithItsPod notes only pods that ran and that somebody could be in.
func TestASessionEndsWithItsPod(t *testing.T) {
	t.Parallel()
	user := func(name string, phase corev1.PodPhase) corev1.Pod {
		return corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"component": "singleuser-server"}},
			Status:     corev1.PodStatus{Phase: phase},
		}
	}
	leaving := user("leaving", corev1.PodRunning)
	leaving.DeletionTimestamp = new(metav1.NewTime(pager()))
	w := &Watcher{Log: Log(filepath.Join(t.TempDir(), "drill.ndjson")), Now: pager}
	known := func(pod string) bool { return pod != "lost" }
	for _, pods := range [][]corev1.Pod{
		{user("stays", corev1.PodRunning), user("goes", corev1.PodRunning), user("lost", corev1.PodRunning), user("waits", corev1.PodPending), user("leaving", corev1.PodRunning), user("fails", corev1.PodRunning), {ObjectMeta: metav1.ObjectMeta{Name: "hub"}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}},
		{user("stays", corev1.PodRunning), leaving, user("fails", corev1.PodFailed)},
		{user("stays", corev1.PodRunning)},
	} {
		if err := w.follow(pods, known); err != nil {
			t.Fatal(err)
		}
	}
	events, err := w.Log.Read()
	if err != nil {
		t.Fatal(err)
	}
	var ended []string
	for _, e := range events {
		ended = append(ended, e.Pod)
	}
	slices.Sort(ended)
	if want := []string{"fails", "goes", "leaving"}; !slices.Equal(ended, want) {
		t.Errorf("the sessions that ended: %q, want %q", ended, want)
	}
}

func TestATimelineIsPlayedFromWhenThePagerWent(t *testing.T) {
	t.Parallel()
	timeline := []scenario.Moment{
		{After: scenario.Duration(time.Minute), Fault: "slow"},
		{After: scenario.Duration(3 * time.Minute), Fault: "slow", Ends: true},
	}
	began := []Event{{At: pager().Add(-time.Hour), Event: Watching}, {At: pager(), Event: Began}}
	for _, test := range []struct {
		name   string
		events []Event
		now    time.Duration
		want   []int
	}{
		{"before it began", began[:1], time.Hour, nil},
		{"at the beginning", began, 0, nil},
		{"the first", began, time.Minute, []int{0}},
		{"both", began, time.Hour, []int{0, 1}},
	} {
		if got := due(timeline, test.events, pager().Add(test.now)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestOnlyNewsOfTheEndIsNoted also by a watcher that was started anew.
func TestOnlyNewsOfTheEndIsNoted(t *testing.T) {
	t.Parallel()
	log := Log(filepath.Join(t.TempDir(), "drill.ndjson"))
	for _, over := range []bool{false, true, true, false, false, true} {
		anew := &Watcher{Log: log, Now: pager}
		if err := anew.note(over); err != nil {
			t.Fatal(err)
		}
	}
	events, err := log.Read()
	if err != nil {
		t.Fatal(err)
	}
	var noted []string
	for _, e := range events {
		noted = append(noted, e.Event)
	}
	if want := []string{Recovered, Relapsed, Recovered}; !slices.Equal(noted, want) {
		t.Errorf("noted was %q, want %q", noted, want)
	}
}
