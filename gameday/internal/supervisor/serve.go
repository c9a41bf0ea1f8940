package supervisor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/control"
)

// Words between a supervisor and the command that starts it, over its standard
// streams.
const (
	ready  = "ready"  // the supervisor answers
	detach = "detach" // it may outlive the command
)

const stopDeadline = 20 * time.Second

// Serve is the whole life of a supervisor's process: it answers on the socket
// until it is told to end, or until its starter ends before letting it go.
func Serve(ctx context.Context, dir, socket string, starter io.Reader, toStarter io.Writer, now func() time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	supervisor, err := New(dir, now)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("listen for commands: %w", err)
	}
	defer os.RemoveAll(filepath.Dir(socket))

	go leash(starter, cancel)
	server := &http.Server{Handler: routes(supervisor, cancel), ReadHeaderTimeout: time.Second}
	go func() {
		<-ctx.Done()
		// Answers in flight, that to "shut down" among them, are still given.
		last, done := context.WithTimeout(context.WithoutCancel(ctx), stopDeadline)
		defer done()
		_ = server.Shutdown(last)
	}()
	fmt.Fprintln(toStarter, ready)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		cancel()
		return errors.Join(fmt.Errorf("answer commands: %w", err), stopAll(ctx, supervisor))
	}
	return stopAll(ctx, supervisor)
}

// leash ends everything when the starter ends before it said detach.
func leash(starter io.Reader, cancel context.CancelFunc) {
	line, _ := bufio.NewReader(starter).ReadString('\n')
	if line != detach+"\n" {
		cancel()
	}
}

func stopAll(ctx context.Context, supervisor *Supervisor) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopDeadline)
	defer cancel()
	return supervisor.StopAll(ctx)
}

func routes(s *Supervisor, shutdown func()) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /processes", func(w http.ResponseWriter, _ *http.Request) {
		control.Reply(w, s.Processes(), nil)
	})
	mux.HandleFunc("POST /processes", func(w http.ResponseWriter, r *http.Request) {
		var spec Spec
		if err := json.NewDecoder(r.Body).Decode(&spec); err != nil {
			control.Reply(w, nil, fmt.Errorf("read command: %w", err))
			return
		}
		process, err := s.Start(spec)
		control.Reply(w, process, err)
	})
	act := func(verb string, do func(context.Context, string) (Process, error)) {
		mux.HandleFunc("POST /processes/{name}/"+verb, func(w http.ResponseWriter, r *http.Request) {
			process, err := do(r.Context(), r.PathValue("name"))
			control.Reply(w, process, err)
		})
	}
	act("stop", s.Stop)
	act("start", func(_ context.Context, name string) (Process, error) { return s.Restart(name) })
	act("pause", func(_ context.Context, name string) (Process, error) { return s.Pause(name) })
	act("resume", func(_ context.Context, name string) (Process, error) { return s.Resume(name) })
	mux.HandleFunc("POST /shutdown", func(w http.ResponseWriter, _ *http.Request) {
		control.Reply(w, nil, nil)
		shutdown()
	})
	return mux
}
