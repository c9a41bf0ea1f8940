package hub

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestVouch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		forgets []Key
		want    error
	}{
		"it knows all":                 {nil, nil},
		"one has ended meanwhile":      {[]Key{{"a", ""}}, nil},
		"it knows nobody by that name": {[]Key{{"a", ""}, {"b", ""}}, ErrIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newScene()
			w.servers = map[Key]Server{{"a", ""}: {}, {"b", ""}: {}}
			look := &Look{witnesses: []Key{{"a", ""}, {"b", ""}}, sources: w.sources()}
			for _, key := range tc.forgets {
				delete(w.servers, key)
			}
			if err := look.Vouch(context.Background()); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
}

// A pod whose server may go by another name now is no such thing as nobody's.
func TestRenamed(t *testing.T) {
	t.Parallel()
	made := noon().Add(-time.Hour)
	pod := &UserPod{Created: made}
	for name, tc := range map[string]struct {
		started time.Time
		homed   bool
		want    bool
	}{
		"began with it":            {made.Add(-time.Second), false, true},
		"began long before":        {made.Add(-time.Hour), false, false},
		"has a pod of its own":     {made, true, false},
		"nobody knows when it did": {time.Time{}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lost := &subject{Key: Key{"old", ""}, before: pod, after: pod}
			other := &subject{Key: Key{"new", ""}, known: true, server: Server{Started: tc.started}}
			if tc.homed {
				other.before, other.after = pod, pod
			}
			if _, got := renamed([]*subject{lost, other}, Defaults().Limits())[lost]; got != tc.want {
				t.Errorf("%t, want %t", got, tc.want)
			}
		})
	}
}
