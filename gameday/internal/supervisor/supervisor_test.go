package supervisor

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// newServer serves a supervisor in this process; closing the returned pipe is
// what the end of its starter is.
func newServer(t *testing.T) (dir string, client *Client, starter *io.PipeWriter, ended chan error) {
	t.Helper()
	dir = t.TempDir()
	folder, err := os.MkdirTemp("", "gd") //nolint:usetesting // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "s")
	fromStarter, starter := io.Pipe()
	said, toStarter := io.Pipe()
	ended = make(chan error, 1)
	go func() {
		ended <- Serve(context.WithoutCancel(t.Context()), dir, socket, fromStarter, toStarter, time.Now)
	}()
	if word, err := io.ReadAll(io.LimitReader(said, int64(len(ready)))); err != nil || string(word) != ready {
		t.Fatalf("the supervisor said %q: %v", word, err)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	t.Cleanup(func() { starter.Close() })
	return dir, NewClient(socket), starter, ended
}

// cat lives until its standard input ends, as the components do.
func cat(name, dir string) Spec {
	return Spec{Name: name, Path: "/bin/cat", Log: filepath.Join(dir, name+".log")}
}

func TestAProcessIsStartedStoppedPausedAndResumed(t *testing.T) {
	dir, client, _, _ := newServer(t)
	ctx := t.Context()
	first, err := client.Start(ctx, cat("a", dir))
	if err != nil || first.State != Running {
		t.Fatalf("start: %+v, %v", first, err)
	}
	if _, err := client.Start(ctx, cat("a", dir)); err == nil {
		t.Error("a second of the same name was started")
	}
	for _, step := range []struct{ verb, want string }{
		{"pause", Paused}, {"pause", Paused}, {"resume", Running}, {"pause", Paused}, {"stop", Stopped}, {"stop", Stopped}, {"start", Running},
	} {
		got, err := client.Do(ctx, step.verb, "a")
		if err != nil || got.State != step.want {
			t.Errorf("%s: %+v, %v; want it %s", step.verb, got, err, step.want)
		}
	}
	if _, err := client.Do(ctx, "stop", "b"); err == nil || !strings.Contains(err.Error(), `there is no "b"`) {
		t.Errorf("stopping what does not exist: %v", err)
	}
}

func TestAProcessThatEndsByItselfIsNoticed(t *testing.T) {
	dir, client, _, _ := newServer(t)
	spec := Spec{Name: "false", Path: "/bin/sh", Args: []string{"-c", "exit 3"}, Log: filepath.Join(dir, "log")}
	if _, err := client.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		processes, err := client.Processes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if processes[0].State == Exited {
			if processes[0].Exit != "exit status 3" {
				t.Errorf("got %+v", processes[0])
			}
			return
		}
	}
}

func TestEverythingEndsWithTheStarter(t *testing.T) {
	dir, client, starter, ended := newServer(t)
	var group sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			if _, err := client.Start(t.Context(), cat(name, dir)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	processes, err := client.Processes(t.Context())
	if err != nil || len(processes) != 4 || slices.ContainsFunc(processes, func(p Process) bool { return p.State != Running }) {
		t.Fatalf("got %+v, %v", processes, err)
	}
	starter.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestADetachedSupervisorOutlivesItsStarterAndEndsWhenTold(t *testing.T) {
	dir, client, starter, ended := newServer(t)
	if _, err := client.Start(t.Context(), cat("a", dir)); err != nil {
		t.Fatal(err)
	}
	if err := (&Leash{starter: starter}).Detach(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Processes(t.Context()); err != nil {
		t.Errorf("it ended with its starter: %v", err)
	}
	if err := client.shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
