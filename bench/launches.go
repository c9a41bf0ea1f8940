package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// launchesAtOnce is how many launches one process has under way.
const launchesAtOnce = 200

// measureLaunches times launches, and compares the clock of each of their stages
// with what the game day's BinderHub noted of it. Of several runs the one counts
// whose clocks were the best: the others say what else the machine did.
func measureLaunches(ctx context.Context, c config, _ *server, t *table) error {
	day := filepath.Dir(os.Getenv("KUBECONFIG"))
	binder, err := binderOf(day)
	if err != nil {
		return err
	}
	var best *clocks
	for range c.runs {
		found, err := timeLaunches(ctx, c, day, binder)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%d launches at once: %s; clocks off by %s, a bare timer by %s\n", launchesAtOnce, show(found.cost), found.all(), found.late)
		if best == nil || percentile(found.all().off, 99) < percentile(best.all().off, 99) {
			best = found
		}
	}
	t.also = append(t.also, best.table())
	return nil
}

// binderOf is the address of a game day's BinderHub.
func binderOf(day string) (string, error) {
	text, err := os.ReadFile(filepath.Join(day, "info.json"))
	if err != nil {
		return "", fmt.Errorf("is a game day up? %w", err)
	}
	var info struct {
		BinderPort int `json:"binderPort"`
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return "", err
	}
	return fmt.Sprintf("http://127.0.0.1:%d", info.BinderPort), nil
}

func timeLaunches(ctx context.Context, c config, day, binder string) (*clocks, error) {
	n, late := strconv.Itoa(launchesAtOnce), lateness(ctx)
	took, out, err := capture(ctx, c.binderctl, "launch", "test", "binder-examples/requirements", "--binder-url", binder,
		"--count", n, "--concurrency", n, "-o", "json")
	waits := late()
	if err != nil {
		return nil, err
	}
	var report struct {
		Launches []launchtest.Launch `json:"launches"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return nil, err
	}
	record, err := readRecord(filepath.Join(day, "launches.ndjson"))
	if err != nil {
		return nil, err
	}
	found := &clocks{cost: took, late: clock{off: waits}, stages: map[launchtest.Stage]*clock{}}
	for i := range report.Launches {
		launch := &report.Launches[i]
		if launch.Result != launchtest.OK {
			return nil, fmt.Errorf("a launch has ended as %s: %+v", launch.Result, launch.Failure)
		}
		if err := found.compare(launch, record[launch.User]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// clocks are those of all stages.
type clocks struct {
	cost   cost
	late   clock // a bare timer's meanwhile
	stages map[launchtest.Stage]*clock
}

// clock is that of a stage, in all launches.
type clock struct {
	took []time.Duration // by the record
	off  []time.Duration // by how much binderctl's clock differs from it
}

// compare compares the clocks of a launch with the record of it. How long it took
// to connect is in no record.
func (c *clocks) compare(launch *launchtest.Launch, record []mark) error {
	spans := launch.Spans[1:]
	if len(spans)+1 != len(record) {
		return fmt.Errorf("the launch of %s had %d stages: %+v, and %+v by the record", launch.User, len(spans), spans, record)
	}
	for i, span := range spans {
		if span.Stage != record[i].stage {
			return fmt.Errorf("the launch of %s was in %s, and in %s by the record", launch.User, span.Stage, record[i].stage)
		}
		one := c.stages[span.Stage]
		if one == nil {
			one = &clock{}
			c.stages[span.Stage] = one
		}
		took := record[i+1].at.Sub(record[i].at)
		one.took = append(one.took, took)
		one.off = append(one.off, (span.Ended.Sub(span.Began) - took).Abs())
	}
	return nil
}

// all is the clock of all stages together.
func (c *clocks) all() clock {
	var all clock
	for _, one := range c.stages {
		all.off = append(all.off, one.off...)
	}
	return all
}

func (c clock) String() string {
	return fmt.Sprintf("%s, p99 %s", milliseconds(percentile(c.off, 50)), milliseconds(percentile(c.off, 99)))
}

func (c *clocks) table() string {
	text := fmt.Sprintf("%d launches at once: %s.\n\n| stage | it took | its clock is off by | p99 |\n|---|---|---|---|\n", launchesAtOnce, show(c.cost))
	line := func(stage, took string, one clock) {
		text += fmt.Sprintf("| %s | %s | %s | %s |\n", stage, took, milliseconds(percentile(one.off, 50)), milliseconds(percentile(one.off, 99)))
	}
	for _, stage := range launchtest.Stages() {
		if one := c.stages[stage]; one != nil {
			line(string(stage), percentile(one.took, 50).Round(time.Millisecond).String(), *one)
		}
	}
	line("all", "", c.all())
	line("(a bare timer meanwhile)", lateEvery.String(), c.late)
	return text
}

// lateEvery is how long a bare timer waits.
const lateEvery = 10 * time.Millisecond

// lateness looks, until what it returns is called, by how much a timer is late
// that does nothing else: no clock on this machine can be better than that.
func lateness(ctx context.Context) (stop func() []time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	var late []time.Duration
	done.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			<-time.After(lateEvery)
			late = append(late, time.Since(began)-lateEvery)
		}
	})
	return func() []time.Duration {
		cancel()
		done.Wait()
		return late
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }

// percentile is the smallest of some times that so many percent do not exceed.
func percentile(times []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}
