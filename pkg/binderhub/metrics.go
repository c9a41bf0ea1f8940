package binderhub

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Counts are what BinderHub has counted since it began.
type Counts struct {
	Processes int       `json:"processes"`      // how many told
	Since     time.Time `json:"since,omitzero"` // when the first of its processes began; zero if it does not tell
	Launched  int       `json:"launched"`
	Failed    int       `json:"failed"`
	Refused   int       `json:"refused"` // for a quota
	Built     int       `json:"built"`
	BuildFail int       `json:"buildsFailed"`
	Building  int       `json:"building"`  // now
	Launching int       `json:"launching"` // now
}

// add takes in what another process has counted.
func (c *Counts) add(o Counts) {
	if c.Since.IsZero() || !o.Since.IsZero() && o.Since.Before(c.Since) {
		c.Since = o.Since
	}
	c.Processes += o.Processes
	c.Launched, c.Failed, c.Refused = c.Launched+o.Launched, c.Failed+o.Failed, c.Refused+o.Refused
	c.Built, c.BuildFail = c.Built+o.Built, c.BuildFail+o.BuildFail
	c.Building, c.Launching = c.Building+o.Building, c.Launching+o.Launching
}

// After is what was counted after an earlier look, and whether that can be told:
// the same processes must have counted on.
func (c Counts) After(before Counts) (Counts, bool) {
	if c.Processes != before.Processes || !c.Since.Equal(before.Since) ||
		c.Launched < before.Launched || c.Failed < before.Failed || c.Refused < before.Refused {
		return Counts{}, false
	}
	c.Launched, c.Failed, c.Refused = c.Launched-before.Launched, c.Failed-before.Failed, c.Refused-before.Refused
	c.Built, c.BuildFail = c.Built-before.Built, c.BuildFail-before.BuildFail
	return c, true
}

// The families that are read.
const (
	launchFamily    = "binderhub_launch_count_total"
	buildFamily     = "binderhub_build_count_total"
	buildingFamily  = "binderhub_inprogress_builds"
	launchingFamily = "binderhub_inprogress_launches"
	startFamily     = "process_start_time_seconds"
)

// readCounts reads Prometheus' text line by line: of a count its status alone is
// wanted, and it has a line for each repository there ever was.
func readCounts(body io.Reader) (Counts, error) {
	c := Counts{Processes: 1}
	shape := regexp.MustCompile(`^(\w+)(?:\{(.*)\})?\s+([-+.\deE]+)`)
	status := regexp.MustCompile(`(?:^|,)status="([^"]*)"`)
	lines := bufio.NewScanner(body)
	found := false
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "binderhub_") && !strings.HasPrefix(lines.Text(), startFamily) {
			continue
		}
		parts := shape.FindStringSubmatch(lines.Text())
		if parts == nil {
			continue
		}
		value, err := strconv.ParseFloat(parts[3], 64)
		if err != nil {
			return Counts{}, fmt.Errorf("%s: %w", parts[1], err)
		}
		how := ""
		if said := status.FindStringSubmatch(parts[2]); said != nil {
			how = said[1]
		}
		found = c.take(parts[1], how, value) || found
	}
	if err := lines.Err(); err != nil {
		return Counts{}, err
	}
	if !found {
		return Counts{}, errors.New("there is nothing of BinderHub's in it")
	}
	return c, nil
}

// take takes in a line and reports whether it is BinderHub's own.
func (c *Counts) take(family, status string, value float64) bool {
	n := int(math.Round(value))
	switch family {
	case launchFamily:
		switch status {
		case "success":
			c.Launched += n
		case "failure":
			c.Failed += n
		default:
			c.Refused += n
		}
	case buildFamily:
		if status == "success" {
			c.Built += n
		} else {
			c.BuildFail += n
		}
	case buildingFamily:
		c.Building += n
	case launchingFamily:
		c.Launching += n
	case startFamily:
		whole, part := math.Modf(value)
		c.Since = time.Unix(int64(whole), int64(part*float64(time.Second))).UTC().Truncate(time.Second)
		return false
	default:
		return false
	}
	return true
}
