package control

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const secret = "gdsecret-control"

// faulty is a process with one fault.
func faulty(t *testing.T) *httptest.Server {
	t.Helper()
	var since *time.Time
	mux := http.NewServeMux()
	ServeFaults(mux, "/"+secret, func() []FaultState {
		return []FaultState{{Fault: Fault{Name: "slow", Means: "it takes its time"}, Since: since}}
	}, func(name string, on bool) error {
		if name != "slow" {
			return errors.New("there is no such fault")
		}
		since = nil
		if on {
			since = new(time.Unix(1, 0))
		}
		return nil
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestFaultsAreSwitchedFromAfar(t *testing.T) {
	t.Parallel()
	server := faulty(t)
	c := Client{URL: server.URL + "/" + secret, Whom: "the Hub", Component: "hub"}
	for _, on := range []bool{true, false} {
		if err := c.Switch(t.Context(), "slow", on); err != nil {
			t.Fatal(err)
		}
		states, err := c.Faults(t.Context())
		if err != nil || len(states) != 1 || (states[0].Since != nil) != on {
			t.Errorf("switched %v: %+v, %v", on, states, err)
		}
		if names := Names([]Fault{states[0].Fault}); !slices.Equal(names, []string{"slow"}) {
			t.Errorf("its name is %q", names)
		}
	}
}

func TestErrorsDoNotTellTheAddress(t *testing.T) {
	t.Parallel()
	server := faulty(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	nonsense := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	t.Cleanup(nonsense.Close)
	for name, test := range map[string]struct{ url, fault, want string }{
		"no such process": {"", "slow", "ask the Hub: this game day has none; see hub in its scenario"},
		"no such fault":   {server.URL + "/" + secret, "fast", "ask the Hub: there is no such fault"},
		"stopped":         {gone.URL + "/" + secret, "slow", "if it is stopped: gameday start hub"},
		"no address":      {"http://[" + secret, "slow", "ask the Hub: its address is not one"},
		"no answer":       {nonsense.URL + "/" + secret, "", "read the answer of the Hub"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Client{URL: test.url, Whom: "the Hub", Component: "hub"}
			err := c.Switch(t.Context(), test.fault, true)
			if test.fault == "" {
				_, err = c.Faults(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("%v, want %q and no secret", err, test.want)
			}
		})
	}
}

// A process that is paused takes what it is asked, and never answers.
func TestPausedIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	paused := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(paused.Close)
	c := Client{URL: paused.URL + "/" + secret, Whom: "the Hub", Component: "hub", Patience: time.Millisecond}
	for name, ask := range map[string]func(context.Context) error{
		"faults": func(ctx context.Context) error { _, err := c.Faults(ctx); return err },
		"switch": func(ctx context.Context) error { return c.Switch(ctx, "slow", true) },
	} {
		want := "ask the Hub: no answer in time; if it is paused: gameday resume hub"
		if err := ask(t.Context()); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		if err := ask(stopped); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, stopped: %v", name, err)
		}
	}
}
