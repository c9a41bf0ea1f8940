package cluster

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// farServer is one to which a connection takes its time, and then each answer.
type farServer struct {
	connect time.Duration
	err     error // what comes of connecting, if not a connection
	slowServer
}

func (s *farServer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := Sleep(req.Context(), s.connect); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return s.slowServer.RoundTrip(req)
}

func TestContact(t *testing.T) {
	t.Parallel()
	const (
		host     = "api.example.org"
		patience = 30 * time.Second
		never    = time.Hour
	)
	refused := syscall.ECONNREFUSED
	handshake := os.ErrDeadlineExceeded // which is a time-out, like that of a TLS handshake
	for name, tc := range map[string]struct {
		server   farServer
		patience time.Duration
		took     [2]time.Duration // by two requests, one after the other
		says     string           // "" is an answer
	}{
		"it answers":                      {farServer{connect: time.Second}, patience, [2]time.Duration{time.Second, time.Second}, ""},
		"it takes its time":               {farServer{connect: time.Second, slowServer: slowServer{before: 20 * time.Second}}, patience, [2]time.Duration{21 * time.Second, 21 * time.Second}, ""},
		"no connection":                   {farServer{connect: never}, patience, [2]time.Duration{connectLimit, 0}, "no connection to " + host + " within 15s"},
		"no connection, little patience":  {farServer{connect: never}, 5 * time.Second, [2]time.Duration{5 * time.Second, 0}, "no answer from " + host + " within 5s"},
		"a handshake that times out":      {farServer{connect: 10 * time.Second, err: handshake}, patience, [2]time.Duration{10 * time.Second, 0}, "no connection to " + host + ": " + handshake.Error()},
		"no answer":                       {farServer{slowServer: slowServer{before: never}}, patience, [2]time.Duration{patience, 0}, "no answer from " + host + " within 30s"},
		"no connection, however patient":  {farServer{connect: never}, 2 * time.Minute, [2]time.Duration{connectLimit, 0}, "no connection to " + host + " within 15s"},
		"refused, which may be a restart": {farServer{connect: time.Second, err: refused}, patience, [2]time.Duration{time.Second, time.Second}, refused.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := contactTransport(&tc.server, tc.patience)
				for i, took := range tc.took {
					began := time.Now()
					err := get(t.Context(), transport, "https://"+host+"/")
					if time.Since(began) != took {
						t.Errorf("request %d took %s, want %s", i, time.Since(began), took)
					}
					if tc.says == "" && err != nil || tc.says != "" && (err == nil || err.Error() != tc.says) {
						t.Errorf("request %d: %v, want %q", i, err, tc.says)
					}
				}
			})
		})
	}
}

// A server that was heard is worth all patience, and one that was given up is
// asked again after a while.
func TestContactAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &farServer{}
		transport := contactTransport(server, 30*time.Second)
		ask := func(ctx context.Context, took time.Duration, want error) {
			t.Helper()
			began := time.Now()
			if err := get(ctx, transport, "https://api.example.org/"); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
			if time.Since(began) != took {
				t.Errorf("took %s, want %s", time.Since(began), took)
			}
		}
		server.connect = time.Hour
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ask(hasty, time.Second, context.DeadlineExceeded) // which says nothing of the server
		ask(t.Context(), connectLimit, ErrNoConnection)
		ask(t.Context(), 0, ErrNoConnection)
		time.Sleep(giveUpFor) // in a bubble
		ask(t.Context(), connectLimit, ErrNoConnection)

		server.connect = 0
		time.Sleep(giveUpFor) // in a bubble
		ask(t.Context(), 0, nil)
		server.connect = time.Hour
		for range 2 {
			ask(t.Context(), 30*time.Second, ErrSilent)
		}
	})
}

// A list of a server that was given up is not begun again.
func TestContactIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	lost := (&contact{now: time.Now}).note(ErrSilent)
	tried := 0
	err := retry(t.Context(), func(int) error {
		tried++
		return lost
	})
	if !errors.Is(err, ErrSilent) || !Unreachable(err) || tried != 1 {
		t.Errorf("tried %d times: %v", tried, err)
	}
}

func contactTransport(next http.RoundTripper, patience time.Duration) http.RoundTripper {
	return (&contact{now: time.Now}).transport()(patientTransport(patience, &requestLog{}, time.Now)(next))
}
