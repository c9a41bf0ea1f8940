package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/binderctl/binderctl/pkg/hub/hublog/hublogtest"
)

// hubLogBytes is how much log is read: some days of a busy Hub.
const hubLogBytes = 1 << 30

// measureHubLog reads a gigabyte of a busy Hub's log. It needs no server. grep,
// which has no more to do than to count lines, looks for a few of the texts that
// hub status looks for.
func measureHubLog(ctx context.Context, c config, _ *server, t *table) error {
	path, err := writeHubLog()
	if err != nil {
		return err
	}
	defer os.Remove(path)
	grep := []string{"-c", "-F"}
	for _, text := range []string{
		"failed to start in", "did not disappear", "did not start in", "never recovered, giving up", "Error when watching",
		"to delete. Assuming already deleted", "consecutive spawns failed", "is in the process of stopping", "Culling", "seconds to start",
	} {
		grep = append(grep, "-e", text)
	}
	costs, err := interleaved(c.runs,
		func() (cost, error) { return command(ctx, c.binderctl, "hub", "status", "--log-file", path) },
		func() (cost, error) {
			took, _, err := capture(ctx, "grep", append(grep, path)...) // it counts no further than 1 for /dev/null
			return took, err
		},
	)
	if err != nil {
		return err
	}
	rate := float64(hubLogBytes) / 1e6 / costs[0].wall.Seconds()
	t.add(row{
		what: "`hub status --log-file`, 1 GiB of a busy Hub's log", ours: costs[0],
		peerName: "`grep -cF` for ten of its texts", peer: costs[1],
		bar: "100 MB/s on a core, constant memory", note: fmt.Sprintf("%.0f MB/s", rate),
	})
	return nil
}

// writeHubLog writes the log into a file of its own and returns its name.
func writeHubLog() (path string, err error) {
	file, err := os.CreateTemp("", "hub-*.log")
	if err != nil {
		return "", err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	return file.Name(), hublogtest.Busy(file, hubLogBytes, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), true)
}
