package hub

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// transport answers requests without a network.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// A stop may take a Hub long. Whether it hangs is found out on the side, long
// before the answer is given up.
func TestStopOfAHubThatHangs(t *testing.T) {
	t.Parallel()
	const never = time.Hour
	for name, tc := range map[string]struct {
		stop, version time.Duration // until it answers
		hangs         bool
		takes         time.Duration
	}{
		"it answers as always":         {10 * time.Second, never, false, 10 * time.Second},
		"it is busy, and lives":        {40 * time.Second, time.Second, false, 40 * time.Second},
		"it hangs":                     {never, never, true, stopDoubt + greeting},
		"it lives, and never stops it": {never, time.Second, false, stopPatience},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := &Client{URL: &url.URL{Scheme: "http", Host: "hub", Path: "/hub/api/"}, http: &http.Client{
					Transport: transport(func(r *http.Request) (*http.Response, error) {
						code, body, takes := http.StatusNoContent, "", tc.stop
						if r.Method == http.MethodGet {
							code, body, takes = http.StatusOK, `{"version": "5.5.0"}`, tc.version
						}
						select {
						case <-time.After(takes):
							return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader(body))}, nil
						case <-r.Context().Done():
							return nil, r.Context().Err()
						}
					}),
				}}
				began := time.Now()
				_, err := client.Stop(t.Context(), Key{"a", ""})
				if errors.Is(err, ErrHangs) != tc.hangs || errors.Is(err, ErrUnreachable) != (tc.stop == never) {
					t.Errorf("error %v", err)
				}
				if took := time.Since(began); took != tc.takes {
					t.Errorf("it took %s, want %s", took, tc.takes)
				}
			})
		})
	}
}
