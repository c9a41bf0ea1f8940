package checkup

import (
	"slices"
	"time"

	"github.com/binderctl/binderctl/pkg/hub"
)

// Lately is what came of the users' pods that were made of late: how launches go
// now, whatever was before. A launch that failed before it had a pod is not in it.
type Lately struct {
	Seconds  int64 `json:"withinSeconds"` // how far back it looks
	Made     int   `json:"made"`
	Up       int   `json:"up"`       // they came up: by the Hub or, where it was not asked, by themselves
	Starting int   `json:"starting"` // they are young, and may well come up
	Late     int   `json:"late"`     // they should have come up, or have failed
	Unplaced int   `json:"unplaced"` // of the late, those that no node has taken
	Unseen   int   `json:"unseen"`   // of the late, those that are ready, of which the Hub takes no notice
	// Row is how many of the late were made after the newest that came up.
	Row int `json:"lateInARow"`
}

const (
	// latelyWithin is how far back Lately looks: as long as BinderHub gives a launch
	// (its default), so that each whose user still waits is seen.
	latelyWithin = 10 * time.Minute
	// lateAfter is how long a pod may take to come up: seconds where the image is on
	// the node, a minute or so where it has to be pulled. KubeSpawner gives up after
	// five minutes (z2jh's default) and deletes it.
	lateAfter = 2 * time.Minute
)

// latelyOf judges each of the pods that were made of late; servers are nil if
// the Hub was not asked.
func latelyOf(seen hub.Sighting, servers map[hub.Key]hub.Server) *Lately {
	l := &Lately{Seconds: int64(latelyWithin / time.Second)}
	var recent []*hub.UserPod
	for i := range seen.Pods {
		pod := &seen.Pods[i]
		if seen.At.Sub(pod.Created) <= latelyWithin && pod.Doubt == "" && pod.User != "" {
			recent = append(recent, pod)
		}
	}
	slices.SortStableFunc(recent, func(a, b *hub.UserPod) int { return a.Created.Compare(b.Created) })
	for _, pod := range recent {
		l.Made++
		switch {
		case cameUp(pod, servers):
			l.Up++
			l.Row = 0
		case seen.At.Sub(pod.Created) < lateAfter && pod.GoneBy.IsZero() && pod.Phase != "Failed":
			l.Starting++
		default:
			l.Late++
			l.Row++
			switch {
			case !pod.ReadyAt.IsZero():
				l.Unseen++
			case pod.Node == "":
				l.Unplaced++
			}
		}
	}
	return l
}

// cameUp reports whether somebody got the server of a pod. One that is asked to go
// was ready before, if it ever was.
func cameUp(pod *hub.UserPod, servers map[hub.Key]hub.Server) bool {
	if servers == nil || !pod.GoneBy.IsZero() {
		return !pod.ReadyAt.IsZero()
	}
	return servers[pod.Key].Ready
}
