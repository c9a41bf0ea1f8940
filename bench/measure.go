package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// cost is what running something took.
type cost struct {
	wall   time.Duration
	memory int64 // peak resident set, in bytes; 0 if not measured
}

// command runs a program to its end, throws its output away, and measures it.
func command(ctx context.Context, name string, args ...string) (cost, error) {
	return measure(exec.CommandContext(ctx, name, args...))
}

// capture is command, but keeps what the program wrote to stdout.
func capture(ctx context.Context, name string, args ...string) (cost, string, error) {
	program := exec.CommandContext(ctx, name, args...)
	var out strings.Builder
	program.Stdout = &out
	c, err := measure(program)
	return c, out.String(), err
}

func measure(program *exec.Cmd) (cost, error) {
	var complaint strings.Builder
	program.Stderr = &complaint
	began := time.Now()
	err := program.Run()
	wall := time.Since(began)
	if err != nil && program.ProcessState.ExitCode() != unhealthy {
		return cost{}, fmt.Errorf("%s: %w: %s", strings.Join(program.Args[:min(len(program.Args), 7)], " "), err, complaint.String())
	}
	usage, ok := program.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost{}, errors.New("this system does not tell what a program used")
	}
	return cost{wall, ownMemory(usage.Maxrss * kilobyte)}, nil
}

// unhealthy is binderctl's exit code when it worked and what it looked at does
// not.
const unhealthy = 3

// ownMemory is the peak of a program's memory, or 0 where it cannot be told: a
// program begins its life with the memory of the one that started it, and its
// peak counts from there.
func ownMemory(peak int64) int64 {
	var mine syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &mine); err != nil || peak <= mine.Maxrss*kilobyte {
		return 0
	}
	return peak
}

// kilobyte is the unit of Maxrss on Linux.
const kilobyte = 1024

// rested leaves the server alone before a measurement: it goes on for a while to
// clear away what the one before made it allocate.
func rested(measure func() (cost, error)) func() (cost, error) {
	return func() (cost, error) {
		<-time.After(3 * time.Second)
		return measure()
	}
}

// interleaved makes several measurements in turn, so that what else the machine
// does meanwhile meets them all, and returns the median of each.
func interleaved(runs int, measures ...func() (cost, error)) ([]cost, error) {
	all := make([][]cost, len(measures))
	for range runs {
		for i, measure := range measures {
			c, err := measure()
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], c)
		}
	}
	medians := make([]cost, len(measures))
	for i, costs := range all {
		medians[i] = median(costs)
	}
	return medians, nil
}

// median is the middle one of several times, with the largest memory of any.
func median(costs []cost) cost {
	slices.SortFunc(costs, func(a, b cost) int { return cmp.Compare(a.wall, b.wall) })
	middle := costs[len(costs)/2]
	middle.memory = slices.MaxFunc(costs, func(a, b cost) int { return cmp.Compare(a.memory, b.memory) }).memory
	return middle
}

// table is what was found.
type table struct {
	rows []row
	also []string // what has a table of its own
}

type row struct {
	what       string
	peer, ours cost
	peerName   string
	bar        string // what was asked for
	note       string
}

func (t *table) add(r row) {
	t.rows = append(t.rows, r)
	fmt.Fprintf(os.Stderr, "%s: %s beside %s (%s): %s\n", r.what, show(r.ours), show(r.peer), r.peerName, ratio(r))
}

func (t *table) print(w io.Writer) error {
	var b strings.Builder
	if len(t.rows) > 0 {
		b.WriteString("| work | binderctl | peer | ratio | the bar | |\n|---|---|---|---|---|---|\n")
	}
	for _, r := range t.rows {
		fmt.Fprintf(&b, "| %s | %s | %s: %s | %s | %s | %s |\n", r.what, show(r.ours), r.peerName, show(r.peer), ratio(r), r.bar, r.note)
	}
	_, err := io.WriteString(w, b.String()+strings.Join(t.also, "\n"))
	return err
}

func show(c cost) string {
	text := c.wall.Round(time.Millisecond).String()
	if c.memory > 0 {
		text += fmt.Sprintf(", %d MB", c.memory>>20)
	}
	return text
}

func ratio(r row) string {
	text := fmt.Sprintf("time 1/%.1f", r.peer.wall.Seconds()/r.ours.wall.Seconds())
	if r.peer.wall < r.ours.wall {
		text = fmt.Sprintf("time %.2f", r.ours.wall.Seconds()/r.peer.wall.Seconds())
	}
	if r.peer.memory > 0 && r.ours.memory > 0 {
		text += fmt.Sprintf(", memory 1/%.1f", float64(r.peer.memory)/float64(r.ours.memory))
	}
	return text
}
