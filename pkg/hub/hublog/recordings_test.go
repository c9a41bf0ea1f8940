package hublog_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// TestRecordings reads what a real JupyterHub 5.5.4 with KubeSpawner 7 and the
// idle culler wrote while it went blind, while a stop timed out, and while the
// culler did its work.
func TestRecordings(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[hublog.ID]int{
		"blind-5.5.4.log": {
			hublog.ReflectorDead: 2, hublog.ReflectorError: 16, hublog.StartTimeout: 1, hublog.ReflectorBegan: 2,
			hublog.HubStarted: 1, hublog.HubVersion: 1, hublog.SpawnersRead: 1, hublog.Started: 2,
		},
		"stop-timeout-5.5.4.log": {
			hublog.StopLost: 1, hublog.SlowStop: 1, hublog.ReflectorEnded: 2, hublog.ReflectorBegan: 3,
			hublog.HubStarted: 1, hublog.HubVersion: 1, hublog.SpawnersRead: 1, hublog.Started: 2,
		},
		"culler-5.5.4.log": {
			hublog.ReflectorBegan: 2, hublog.HubStarted: 1, hublog.HubVersion: 1, hublog.SpawnersRead: 1, hublog.Started: 1, hublog.Culled: 2,
		},
	} {
		file, err := os.Open(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		log, err := hublog.Scan(file, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[hublog.ID]int{}
		for _, seen := range log.Found {
			got[seen.ID] = seen.Count
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if dead := log.Reflector("pods").Dead; dead != (name == "blind-5.5.4.log") || log.Version != "5.5.4" {
			t.Errorf("%s: dead %t, version %s", name, dead, log.Version)
		}
	}
}
