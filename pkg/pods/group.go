package pods

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Key is what pods can be counted by.
type Key string

// The keys there are.
const (
	KeyRepo   Key = "repo"
	KeyNode   Key = "node"
	KeyImage  Key = "image"
	KeyPhase  Key = "phase"
	KeyStatus Key = "status"
	KeyAge    Key = "age" // in bands
	KeyUser   Key = "user"
)

// Keys lists the keys, for help and completion.
func Keys() []Key { return []Key{KeyRepo, KeyNode, KeyImage, KeyPhase, KeyStatus, KeyAge, KeyUser} }

// Count is how many pods share one value of a key.
type Count struct {
	Value   string    `json:"value"`
	Pods    int       `json:"pods"`
	Running int       `json:"running"`
	Pending int       `json:"pending"`
	Other   int       `json:"other"`    // succeeded, failed or unknown
	Oldest  time.Time `json:"oldestAt"` // when the oldest was created
	Newest  time.Time `json:"newestAt"`
	CPU     int64     `json:"cpuMillis"`
	Memory  int64     `json:"memoryBytes"`
}

// Counter counts pods by a key, in memory for the values alone.
type Counter struct {
	key    Key
	now    func() time.Time
	counts map[string]*Count
}

// NewCounter returns a Counter; ages are told at now, which is asked as each pod comes:
// the server's clock is not known before it answers.
func NewCounter(key Key, now func() time.Time) *Counter {
	return &Counter{key: key, now: now, counts: map[string]*Count{}}
}

// Reset forgets what was counted.
func (c *Counter) Reset() { clear(c.counts) }

// Add counts a pod.
func (c *Counter) Add(p Pod) {
	value := c.value(p)
	fold := strings.ToLower(value) // hosts of repositories do not mind the case
	count, ok := c.counts[fold]
	if !ok {
		count = &Count{Value: value, Oldest: p.Created, Newest: p.Created}
		c.counts[fold] = count
	}
	count.Value = min(count.Value, value)
	count.Pods++
	switch p.Phase {
	case corev1.PodRunning:
		count.Running++
	case corev1.PodPending:
		count.Pending++
	default:
		count.Other++
	}
	if p.Created.Before(count.Oldest) {
		count.Oldest = p.Created
	}
	if p.Created.After(count.Newest) {
		count.Newest = p.Created
	}
	count.CPU += p.CPU
	count.Memory += p.Memory
}

// Counts lists the counts: the largest first, ages from young to old.
func (c *Counter) Counts() []Count {
	counts := make([]Count, 0, len(c.counts))
	for _, count := range c.counts {
		counts = append(counts, *count)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		if c.key == KeyAge {
			return b.Newest.Compare(a.Newest)
		}
		return cmp.Or(cmp.Compare(b.Pods, a.Pods), strings.Compare(a.Value, b.Value))
	})
	return counts
}

func (c *Counter) value(p Pod) string {
	switch c.key {
	case KeyRepo:
		return p.Repo
	case KeyNode:
		return cmp.Or(p.Node, "<none>")
	case KeyImage:
		return p.Image
	case KeyPhase:
		return string(p.Phase)
	case KeyStatus:
		return p.Status
	case KeyUser:
		return cmp.Or(p.User, "<none>")
	default:
		return BandOf(p.Age(c.now()))
	}
}

// bands are the limits of the age bands. Users' servers are culled when idle
// for ten minutes and at the latest after six hours (mybinder.org's values), so
// what is beyond six hours should not be there.
func bands() []time.Duration {
	return []time.Duration{
		10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	}
}

// Bands are the names of the age bands, from young to old.
func Bands() []string {
	return []string{"<10m", "10m-30m", "30m-1h", "1h-2h", "2h-4h", "4h-6h", "6h-12h", "12h-1d", ">1d"}
}

// BandOf is the band that an age is in.
func BandOf(age time.Duration) string {
	names := Bands()
	for i, limit := range bands() {
		if age < limit {
			return names[i]
		}
	}
	return names[len(names)-1]
}
