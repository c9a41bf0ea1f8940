package hub

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Counts are what a Hub counts since it started.
type Counts struct {
	Running      float64 `json:"runningServers"` // as the Hub counts them, which failed stops leave too high
	Started      float64 `json:"spawnsSucceeded"`
	Failed       float64 `json:"spawnsFailed"`
	Throttled    float64 `json:"spawnsThrottled"` // told to come again, or that the Hub is full
	Stopped      float64 `json:"stopsSucceeded"`
	StopFailed   float64 `json:"stopsFailed"` // each has probably left an orphan
	RoutesFailed float64 `json:"routesFailed"`
	SpawnSeconds float64 `json:"spawnMeanSeconds"` // of those that succeeded
}

// The families that are read. The names have been the same since JupyterHub 1.2.
const (
	runningFamily = "jupyterhub_running_servers"
	spawnCount    = "jupyterhub_server_spawn_duration_seconds_count"
	spawnSum      = "jupyterhub_server_spawn_duration_seconds_sum"
	stopCount     = "jupyterhub_server_stop_seconds_count"
	routeCount    = "jupyterhub_proxy_add_duration_seconds_count"
)

// Counts reads what the Hub counts. Many Hubs tell only those with the scope
// read:metrics (ErrRefused).
func (c *Client) Counts(ctx context.Context) (counts Counts, err error) {
	err = c.Metrics(ctx, func(body io.Reader) error {
		counts, err = readCounts(body)
		return err
	})
	return counts, err
}

// sample is one line of Prometheus' text.
type sample struct {
	family, labels string
	value          float64
}

// readCounts reads Prometheus' text. It reads lines, not families: what is wanted
// of a histogram is its count and its sum, whose labels are words without
// quotes in them, and a parser of the whole format would bring a grammar along.
func readCounts(body io.Reader) (Counts, error) {
	var counts Counts
	shape := regexp.MustCompile(`^(jupyterhub_\w+)(?:\{([^}]*)\})?\s+([-+.\deE]+)`)
	found := false
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		parts := shape.FindStringSubmatch(lines.Text())
		if parts == nil {
			continue
		}
		value, err := strconv.ParseFloat(parts[3], 64)
		if err != nil {
			return Counts{}, fmt.Errorf("%s: %w", parts[1], err)
		}
		found = true
		counts.add(sample{parts[1], parts[2], value})
	}
	if err := lines.Err(); err != nil {
		return Counts{}, err
	}
	if !found {
		return Counts{}, fmt.Errorf("%w: there is nothing of JupyterHub's in it", ErrIncomplete)
	}
	if counts.Started > 0 {
		counts.SpawnSeconds /= counts.Started
	}
	return counts, nil
}

// add takes in a sample.
func (c *Counts) add(s sample) {
	switch s.family {
	case runningFamily:
		c.Running += s.value
	case spawnCount:
		switch s.outcome() {
		case success:
			c.Started += s.value
		case "throttled", "too-many-users":
			c.Throttled += s.value
		case "already-pending":
		default:
			c.Failed += s.value
		}
	case spawnSum:
		if s.outcome() == success {
			c.SpawnSeconds += s.value
		}
	case stopCount:
		if s.outcome() == success {
			c.Stopped += s.value
		} else {
			c.StopFailed += s.value
		}
	case routeCount:
		if s.outcome() != success {
			c.RoutesFailed += s.value
		}
	}
}

const success = "success"

// outcome is how what was counted ended. Until JupyterHub 5.5 the status alone
// says it; since 6.0 a failure has a reason, in the words of which some were
// a status before.
func (s sample) outcome() string {
	status, reason := s.label("status"), s.label("reason")
	if status == success || reason == "" {
		return status
	}
	return reason
}

func (s sample) label(name string) string {
	for pair := range strings.SplitSeq(s.labels, ",") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(pair), name+`="`); ok {
			return strings.TrimSuffix(value, `"`)
		}
	}
	return ""
}
