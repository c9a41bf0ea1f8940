package hub

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// subject is all that was seen of one server: its pod before and after the Hub
// was asked, what the Hub says, and whether the proxy leads to it.
type subject struct {
	Key
	before, after *UserPod // nil if there was none
	server        Server
	known         bool // to the Hub
	routed        bool
	routesRead    bool
	now           time.Time // of the later look at pods
}

// stays is the pod that was there both times, or nil.
func (s *subject) stays() *UserPod {
	if s.before == nil || s.after == nil {
		return nil
	}
	return s.after
}

// absent reports whether there was no pod either time.
func (s *subject) absent() bool { return s.before == nil && s.after == nil }

// pod is the pod that was seen last, or nil.
func (s *subject) pod() *UserPod {
	if s.after != nil {
		return s.after
	}
	return s.before
}

// runs reports whether the Hub says that the server runs.
func (s *subject) runs() bool { return s.known && s.server.Ready && s.server.Pending == NotPending }

// pends reports whether the Hub says that the server is in the middle of this.
func (s *subject) pends(what Pending) bool { return s.known && s.server.Pending == what }

// continues reports whether a later look was at the same server and the same pod.
func (s *subject) continues(later *subject) bool {
	if s.known && later.known && !s.server.Started.Equal(later.server.Started) {
		return false
	}
	earlier, now := s.pod(), later.pod()
	return earlier == nil && now == nil || earlier != nil && now != nil && earlier.UID == now.UID
}

// sight is what was seen at one time of pods, servers and routes.
type sight struct {
	before, after Sighting
	servers       map[Key]Server
	routes        map[Key]bool // nil if they were not read
}

// subjects joins what was seen. Of a server that the Hub knows, only one pod is
// its pod: the newest that is not on its way out; the others say nothing about
// it. Pods that nobody's name is on are left out.
func (s sight) subjects() []*subject {
	var all []*subject
	seen := map[Key][]*subject{}
	for _, one := range pair(s.before.Pods, s.after.Pods) {
		if one.User != "" {
			seen[one.Key] = append(seen[one.Key], one)
		}
	}
	for key, pods := range seen {
		if _, known := s.servers[key]; known {
			pods = []*subject{slices.MaxFunc(pods, likelier)}
		}
		all = append(all, pods...)
	}
	for key := range s.servers {
		if len(seen[key]) == 0 {
			all = append(all, &subject{Key: key})
		}
	}
	for key := range s.routes {
		if _, known := s.servers[key]; !known && len(seen[key]) == 0 {
			all = append(all, &subject{Key: key})
		}
	}
	for _, one := range all {
		one.server, one.known = s.servers[one.Key]
		one.routed, one.routesRead = s.routes[one.Key], s.routes != nil
		one.now = s.after.At
	}
	return all
}

// pair finds each pod of one look in the other.
func pair(before, after []UserPod) []*subject {
	byUID := make(map[types.UID]*subject, len(before))
	all := make([]*subject, 0, len(before))
	for i := range before {
		one := &subject{Key: before[i].Key, before: &before[i]}
		byUID[before[i].UID] = one
		all = append(all, one)
	}
	for i := range after {
		if one, ok := byUID[after[i].UID]; ok {
			one.after = &after[i]
			continue
		}
		all = append(all, &subject{Key: after[i].Key, after: &after[i]})
	}
	return all
}

// likelier orders pods by how likely they are the one that the Hub means.
func likelier(a, b *subject) int {
	p, q := a.pod(), b.pod()
	switch {
	case (a.after == nil) != (b.after == nil):
		return yes(a.after != nil) - yes(b.after != nil)
	case p.deleting() != q.deleting():
		return yes(!p.deleting()) - yes(!q.deleting())
	default:
		return p.Created.Compare(q.Created)
	}
}
