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
	"time"
)

type config struct {
	binderctl, kubectl string
	runs               int // of each quick measurement; the median counts
	cull               int // pods per cull
	slow               bool
}

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
	flag.Parse()
	return run(ctx, c)
}

func run(ctx context.Context, c config) error {
	s, err := connect()
	if err != nil {
		return err
	}
	pods, err := s.countPods(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d cores, %s, %d pods.\n\n", time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), pods)
	found := &table{}
	for _, measure := range []func(context.Context, config, *server, *table) error{measureStart, measureLists, measureCulls} {
		if err := measure(ctx, c, s, found); err != nil {
			return err
		}
	}
	return found.print(os.Stdout)
}
