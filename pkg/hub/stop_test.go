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

func TestStop(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code int
		body string
		want Stopping
		fail error
	}{
		"done":               {204, "", Stopped, nil},
		"at it":              {202, "", Stops, nil},
		"no such server":     {404, `{"status": 404, "message": "x has no server named 'foo'"}`, Unknown, nil},
		"forbidden":          {403, `{"status": 403, "message": "no"}`, "", ErrRefused},
		"nobody is there":    {404, "not found", "", errAny},
		"not for this token": {404, `{"status": 404, "message": "No access to resources or resources not found"}`, "", ErrRefused},
		"another's words":    {404, `{"message": "no Route matched with those values"}`, "", errAny},
		"still spawning":     {400, `{"status": 400, "message": "x is pending spawn, please wait"}`, "", errAny},
		"nothing behind it":  {504, "", "", ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked string
			client := answering(t, func(w http.ResponseWriter, r *http.Request) {
				asked = r.Method + " " + r.URL.EscapedPath()
				w.WriteHeader(tc.code)
				_, _ = w.Write([]byte(tc.body))
			})
			got, err := client.Stop(t.Context(), Key{"a b/c@d", "s/1"})
			if got != tc.want || (err != nil) != (tc.fail != nil) || tc.fail != nil && !errors.Is(tc.fail, errAny) && !errors.Is(err, tc.fail) {
				t.Errorf("%q, %v; want %q, %v", got, err, tc.want, tc.fail)
			}
			if want := "DELETE /hub/api/users/a%20b%2Fc@d/servers/s%2F1"; asked != want {
				t.Errorf("asked %s, want %s", asked, want)
			}
		})
	}
}
