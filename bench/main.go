// Command bench measures binderctl beside kubectl and beside bare client-go
// programs, against the same API server in the same run, and writes the table
// of docs/benchmarks.md to stdout. Ratios count, not seconds: the machine, the
// server and the clients share two cores.
//
// It expects KUBECONFIG to name a game day of `gameday up scale`; `make bench`
// sees to that.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

type config struct {
	binderctl, kubectl string
	runs               int // of each quick measurement; the median counts
	cull               int // pods per cull
	slow               bool
	only               string // which measurements, with commas between
}

// measurement is one group of comparisons; each wants a cluster of its own kind
// (see scripts/bench.sh).
type measurement func(context.Context, config, *server, *table) error

func measurements() map[string]measurement {
	return map[string]measurement{
		"start": measureStart, "lists": measureLists, "culls": measureCulls,
		"drains": measureDrains, "diagnoses": measureDiagnoses, "status": measureStatus,
		"orphans": measureOrphans, "launches": measureLaunches, hubLog: measureHubLog,
	}
}

// hubLog is the measurement that needs no server, and is made alone.
const hubLog = "hub"

func main() {
	if err := benchmark(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func benchmark() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var c config
	flag.StringVar(&c.binderctl, "binderctl", "bin/binderctl", "the binderctl to measure")
	flag.StringVar(&c.kubectl, "kubectl", "kubectl", "the kubectl to measure beside it")
	flag.IntVar(&c.runs, "runs", 3, "how often each measurement is made; the median counts")
	flag.IntVar(&c.cull, "cull", 1000, "how many pods each cull deletes")
	flag.BoolVar(&c.slow, "slow", true, "also measure kubectl delete, which takes minutes")
	flag.StringVar(&c.only, "only", "start,lists,culls", "what to measure: start, lists, culls, drains, diagnoses, orphans, status, launches, hub")
	flag.Parse()
	return run(ctx, c)
}

func run(ctx context.Context, c config) error {
	var s *server
	size := "no server"
	if c.only != hubLog {
		var err error
		if s, err = connect(); err != nil {
			return err
		}
		if size, err = s.size(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("%s, %d cores, %s, %s.\n\n", time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), size)
	found := &table{}
	for name := range strings.SplitSeq(c.only, ",") {
		measure, known := measurements()[name]
		if !known {
			return fmt.Errorf("there is nothing to measure called %q", name)
		}
		if err := measure(ctx, c, s, found); err != nil {
			return err
		}
	}
	return found.print(os.Stdout)
}
