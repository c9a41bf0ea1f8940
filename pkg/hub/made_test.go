package hub

import (
	"testing"
	"time"
)

func TestMayHaveMade(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 20, 20, 42, 32, 0, time.UTC)
	for name, tc := range map[string]struct {
		server Server
		after  time.Duration // from the server's start to the pod
		want   bool
	}{
		"at once":                      {Server{Started: started}, time.Second, true},
		"by a clock that is behind":    {Server{Started: started}, -30 * time.Second, true},
		"after a volume":               {Server{Started: started}, 5 * time.Minute, true},
		"when the start was given up":  {Server{Started: started}, 7 * time.Minute, false},
		"hours before":                 {Server{Started: started}, -2 * time.Hour, false},
		"a server that does not tell":  {Server{}, 0, false},
		"a copy of long after":         {Server{Started: started}, 24 * time.Hour, false},
		"a server that has come again": {Server{Started: started}, -2 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Defaults().MayHaveMade(tc.server, started.Add(tc.after)); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}
