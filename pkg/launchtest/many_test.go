package launchtest_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// TestMany launches two hundred, all of them at once, and each has its own server.
func TestMany(t *testing.T) {
	t.Parallel()
	const launches = 200
	var here atomic.Int64
	all := make(chan struct{}) // closed once all of them are under way
	s := stand(t, func(s *launchtesttest.Stream) {
		s.Event(`{"phase": "building", "message": "` + strings.Repeat("x", 10_000) + `"}`)
		if here.Add(1) == launches {
			close(all)
		}
		select {
		case <-all:
			s.Ready("")
		case <-s.Request.Context().Done():
		}
	})
	var asked []launchtest.Options
	for range launches {
		asked = append(asked, options(t, s.URL))
	}
	ended := 0
	done, skipped := launchtest.Many(t.Context(), asked, launches, func(int, launchtest.Launch) { ended++ })
	if len(done) != launches || skipped != 0 || ended != launches || s.Running() != 0 || s.Stopped() != launches {
		t.Errorf("%d done, %d skipped, %d told, %d run, %d stopped", len(done), skipped, ended, s.Running(), s.Stopped())
	}
	users := map[string]bool{}
	for _, launch := range done {
		if launch.Result != launchtest.OK {
			t.Fatalf("%+v", launch.Failure)
		}
		users[launch.User] = true
	}
	if len(users) != launches {
		t.Errorf("%d users", len(users))
	}
	times := launchtest.Times(done)
	if times[2].Stage != launchtest.Build || times[2].Launches != launches || times[2].Failed != 0 || times[2].P50 > times[2].Max {
		t.Errorf("%+v", times)
	}
}

// TestRefusedOnce makes no more launches where one was refused.
func TestRefusedOnce(t *testing.T) {
	t.Parallel()
	s := stand(t, func(s *launchtesttest.Stream) {
		s.Event(`{"phase": "failed", "status_code": 429, "message": "Rate limit exceeded. Try again in 3600 seconds.\n"}`)
	})
	well := stand(t, nil)
	all := []launchtest.Options{options(t, s.URL), options(t, s.URL), options(t, well.URL), options(t, s.URL)}
	done, skipped := launchtest.Many(t.Context(), all, 1, func(int, launchtest.Launch) {})
	if len(done) != 2 || skipped != 2 || len(s.Asked()) != 1 || done[1].Result != launchtest.OK {
		t.Errorf("%d skipped of %+v", skipped, done)
	}
	common := launchtest.Common(done)
	if len(common) != 1 || common[0].Cause != launchtest.RateLimited || common[0].Launches != 1 {
		t.Errorf("%+v", common)
	}
}

// TestSaid reads what a BinderHub says of itself.
func TestSaid(t *testing.T) {
	t.Parallel()
	s := stand(t, nil)
	s.Providers = []string{"gh", "zenodo"}
	ids, err := launchtest.Providers(t.Context(), options(t, s.URL))
	if err != nil || strings.Join(ids, " ") != "gh zenodo" {
		t.Errorf("%v %v", ids, err)
	}
	if members, err := launchtest.Members(t.Context(), options(t, s.URL)); err == nil {
		t.Errorf("it has members: %v", members)
	}
}
