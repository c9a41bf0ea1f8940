package hub

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
)

// answering is a client of a Hub that answers as told.
func answering(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "token sesame" {
			say(w, http.StatusForbidden, `{"status": 403, "message": "Action is not authorized with current scopes; requires any of [list:users]"}`)
			return
		}
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := connectTo(t.Context(), nil, Options{URL: server.URL, Token: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func say(w http.ResponseWriter, code int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(body))
}

// aUser is a user as JupyterHub 5 tells of one.
func aUser(name, server string) string {
	return fmt.Sprintf(`{"name": %q, "kind": "user", "pending": null, "server": "/user/x/", "servers": {"": %s}}`, name, server)
}

const readyServer = `{"name": "", "last_activity": "2026-11-20T20:50:00.000001Z", "started": "2026-11-20T20:42:32.549202Z",
  "pending": null, "ready": true, "stopped": false, "url": "/user/x/",
  "user_options": {"image": "i", "repo_url": "https://github.com/minrk/ligo-binder", "token": "secret", "binder_client_ip": "198.51.100.7"}}`

// What a refusal says is cut between letters.
func TestLongRefusal(t *testing.T) {
	t.Parallel()
	client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusInternalServerError, `{"status": 500, "message": "a`+strings.Repeat("é", mostMessage)+`"}`)
	})
	if _, err := client.Version(t.Context()); err == nil || !utf8.ValidString(err.Error()) {
		t.Errorf("it says %q", err)
	}
}

// Whatever is wrong with an answer, it is never taken for a Hub without servers.
func TestBadAnswersAreErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code int
		body string
		want error // or any
	}{
		"forbidden":             {403, `{"status": 403, "message": "no"}`, ErrRefused},
		"in front: bad gateway": {502, "<html>nginx</html>", ErrUnreachable},
		"in front: unavailable": {503, "", ErrUnreachable},
		"in front: not found":   {404, "404 page not found", nil},
		"error":                 {500, `{"status": 500, "message": "Internal Server Error"}`, nil},
		"too many":              {429, `{"status": 429, "message": "slow down"}`, nil},
		"moved":                 {302, "", nil},
		"a web page":            {200, "<html>Welcome</html>", nil},
		"null":                  {200, "null", nil},
		"an error as success":   {200, `{"status": 500, "message": "x"}`, nil},
		"half a list":           {200, `{"items": [`, nil},
		"not found, elsewhere":  {404, `{"kind": "Status", "status": "Failure", "message": "users not found", "code": 404}`, nil},
		"not found, by whom?":   {404, `{"message": "no Route matched"}`, nil},
		"a filtered token":      {404, `{"status": 404, "message": "No access to resources or resources not found"}`, ErrRefused},
		"it breaks off":         {200, `{"items": [], "_pagination": {"total": 201, "next": null}}`, ErrIncomplete},
		"no pages":              {200, `{"items": []}`, ErrIncomplete},
		"a page that repeats":   {200, `{"items": [], "_pagination": {"next": {"offset": 0}}}`, ErrIncomplete},
		"no end":                {200, `{"items": [], "_pagination": {"next": {"offset": 900000000}}}`, ErrIncomplete},
		"servers are withheld":  {200, `{"items": [{"name": "x"}], "_pagination": {"next": null}}`, ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/api/") {
					say(w, http.StatusOK, `{"version": "5.5.0"}`)
					return
				}
				w.Header().Set("Location", "https://elsewhere.example.org/")
				say(w, tc.code, tc.body)
			})
			_, err := client.View(t.Context())
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("View: %v, want %v", err, tc.want)
			}
			_, known, err := client.Server(t.Context(), Key{"x", ""})
			if err == nil || known {
				t.Errorf("Server: %v, %v", known, err)
			}
		})
	}
}

var errAny = errors.New("any error")
