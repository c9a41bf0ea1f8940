package launchtest_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// TestSplit sends a launch byte by byte.
func TestSplit(t *testing.T) {
	t.Parallel()
	s := stand(t, func(s *launchtesttest.Stream) {
		text := ":keepalive\r\n\r\ndata: {\"phase\": \"built\",\r\ndata: \"message\": \"Fünd\"}\r\n\r\n: x\n\ndata:{\"phase\":\"launching\",\"message\":\"Launching server...\"}\n\n"
		for i := range len(text) {
			s.Raw(text[i : i+1])
		}
		s.Ready("")
	})
	launch := run(t.Context(), t, options(t, s.URL))
	if launch.Result != launchtest.OK || !strings.HasPrefix(stagesOf(launch), "connect, resolve, registry, hub user, server up") {
		t.Errorf("%+v %s", launch.Failure, stagesOf(launch))
	}
}

// TestBigLog reads a build's log of 100 MB, with an event of 8 MB in it, in memory
// that does not grow with it.
func TestBigLog(t *testing.T) { //nolint:paralleltest // it measures memory
	line := `data: {"message": "` + strings.Repeat("x", 1000) + `", "phase": "building"}` + "\n\n"
	s := stand(t, func(s *launchtesttest.Stream) {
		s.Raw("data: {\"phase\": \"building\", \"message\": \"" + strings.Repeat("y", 8<<20) + "\"}\n\n")
		for range 1000 {
			s.Raw(strings.Repeat(line, 100))
		}
		s.Raw("data: {\"phase\": \"launching\", \"message\": \"" + strings.Repeat("z", 8<<20) + "\"}\n\n")
		s.Ready("")
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	opts := options(t, s.URL)
	lines, most := 0, 0
	opts.Tell = func(m launchtest.Moment) {
		if m.Log == "" {
			return
		}
		lines, most = lines+1, max(most, len(m.Log))
	}
	launch := run(t.Context(), t, opts)
	runtime.ReadMemStats(&after)
	if launch.Result != launchtest.OK || lines < 100_000 || most > launchtest.MostEvent {
		t.Errorf("%+v: %d lines, the longest of %d bytes", launch.Failure, lines, most)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 64<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	if !strings.Contains(stagesOf(launch), "build, hub user") {
		t.Error(stagesOf(launch))
	}
	t.Logf("heap %d MB", after.HeapSys>>20)
}
