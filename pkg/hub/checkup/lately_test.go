package checkup

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/hub"
)

func TestLatelyOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2018, 7, 8, 21, 30, 0, 0, time.UTC)
	made := func(user string, age time.Duration, change func(*hub.UserPod)) hub.UserPod {
		pod := hub.UserPod{Key: hub.Key{User: user}, Created: now.Add(-age), Phase: corev1.PodPending, Node: "n1"}
		change(&pod)
		return pod
	}
	ready := func(p *hub.UserPod) { p.Phase, p.ReadyAt = corev1.PodRunning, p.Created.Add(5*time.Second) }
	waits := func(p *hub.UserPod) { p.Node = "" }
	going := func(p *hub.UserPod) { p.GoneBy = now }
	seen := hub.Sighting{At: now, Pods: []hub.UserPod{
		made("starts", time.Minute, waits),
		made("failed", time.Minute, func(p *hub.UserPod) { p.Phase = corev1.PodFailed }),
		made("unseen", 4*time.Minute, ready),
		made("up", 5*time.Minute, ready),
		made("unplaced", 6*time.Minute, waits),
		made("ended", 7*time.Minute, func(p *hub.UserPod) { ready(p); going(p) }),
		made("given-up", 8*time.Minute, going),
		made("old", time.Hour, waits),
		made("somebody's", time.Minute, func(p *hub.UserPod) { p.Doubt = "it has another owner" }),
	}}
	for name, c := range map[string]struct {
		servers map[hub.Key]hub.Server
		want    Lately
	}{
		"by the Hub":  {map[hub.Key]hub.Server{{User: "up"}: {Ready: true}, {User: "unplaced"}: {}}, Lately{Up: 2, Late: 4, Unplaced: 1, Unseen: 1, Row: 2}},
		"by the pods": {nil, Lately{Up: 3, Late: 3, Unplaced: 1, Row: 1}},
	} {
		c.want.Seconds, c.want.Made, c.want.Starting = 600, 7, 1
		if diff := cmp.Diff(&c.want, latelyOf(seen, c.servers)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
