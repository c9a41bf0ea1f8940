package cluster

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowServer answers after a while, with a body whose parts come one by one.
type slowServer struct {
	before time.Duration
	parts  []time.Duration // the silence before each byte of the body
}

func (s slowServer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := Sleep(req.Context(), s.before); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: &slowBody{ctx: req.Context(), parts: s.parts}}, nil
}

type slowBody struct {
	ctx   context.Context
	parts []time.Duration
}

func (b *slowBody) Read(p []byte) (int, error) {
	if len(b.parts) == 0 {
		return 0, io.EOF
	}
	if err := Sleep(b.ctx, b.parts[0]); err != nil {
		return 0, err
	}
	b.parts = b.parts[1:]
	p[0] = 'x'
	return 1, nil
}

func (b *slowBody) Close() error { return nil }

func TestPatience(t *testing.T) {
	t.Parallel()
	const list, watch, stream = "/api/v1/pods?limit=500", "/api/v1/pods?watch=true", "/api/v1/pods?watch=true&sendInitialEvents=true"
	const patience = 10 * time.Second
	for name, tc := range map[string]struct {
		path     string
		patience time.Duration
		server   slowServer
		took     time.Duration // until the end, or until it was given up
		silent   bool
	}{
		"an answer":                         {list, patience, slowServer{time.Second, []time.Duration{0, 0}}, time.Second, false},
		"a long answer that goes on":        {list, patience, slowServer{0, []time.Duration{9 * time.Second, 9 * time.Second, 9 * time.Second}}, 27 * time.Second, false},
		"no answer":                         {list, patience, slowServer{time.Hour, nil}, patience, true},
		"an answer that stalls":             {list, patience, slowServer{0, []time.Duration{time.Second, time.Hour}}, 11 * time.Second, true},
		"no answer, and no limit":           {list, 0, slowServer{time.Hour, []time.Duration{time.Hour}}, 2 * time.Hour, false},
		"a watch that rests":                {watch, patience, slowServer{0, []time.Duration{time.Hour, time.Hour}}, 2 * time.Hour, false},
		"a watch that nobody answers":       {watch, patience, slowServer{time.Hour, nil}, patience, true},
		"a list as a watch":                 {stream, patience, slowServer{0, []time.Duration{time.Second, time.Second}}, 2 * time.Second, false},
		"a list as a watch, which stalls":   {stream, patience, slowServer{0, []time.Duration{time.Second, time.Hour}}, 11 * time.Second, true},
		"a list as a watch, without answer": {stream, patience, slowServer{time.Hour, nil}, patience, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := &requestLog{}
				began := time.Now()
				err := get(t.Context(), patientTransport(tc.patience, requests, time.Now)(tc.server), "https://api.example.org"+tc.path)
				if took := time.Since(began); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
				if errors.Is(err, ErrSilent) != tc.silent || err != nil && !tc.silent {
					t.Errorf("error %v, want silence: %v", err, tc.silent)
				}
				if tc.silent && err.Error() != "no answer from api.example.org within 10s" {
					t.Errorf("error %q", err)
				}
				if n := requests.count.Load(); n != 1 {
					t.Errorf("%d requests were counted", n)
				}
			})
		})
	}
}

func get(ctx context.Context, transport http.RoundTripper, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

// What the operator ends is not the server's silence.
func TestPatienceTellsCtrlCFromSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := get(ctx, patientTransport(time.Minute, &requestLog{}, time.Now)(slowServer{time.Hour, nil}), "https://api.example.org/")
		if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "no answer") {
			t.Errorf("error %v", err)
		}
	})
}

func TestWarningsAreToldOnce(t *testing.T) {
	t.Parallel()
	var told []string
	handler := onceEach(func(text string) { told = append(told, text) })
	for _, text := range []string{"old API", "old API", "", "other"} {
		handler.HandleWarningHeader(warnAgent, "", text)
	}
	handler.HandleWarningHeader(110, "", "a cache's")
	onceEach(nil).HandleWarningHeader(warnAgent, "", "nobody listens")
	if got := strings.Join(told, "; "); got != "old API; other" {
		t.Errorf("told %q", got)
	}
}
