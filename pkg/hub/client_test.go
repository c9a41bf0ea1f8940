package hub

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
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

// paging answers as a Hub since 2.0 with so many users, in pages of at most most.
func paging(users, most int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/users") {
			say(w, http.StatusOK, `{"version": "5.5.0"}`)
			return
		}
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		end := min(offset+min(limit, most), users)
		var items []string
		for i := offset; i < end; i++ {
			items = append(items, aUser(fmt.Sprintf("user-%d", i), readyServer))
		}
		next := "null"
		if end < users {
			next = fmt.Sprintf(`{"offset": %d, "limit": %d, "url": "http://elsewhere:1/hub/api/users?offset=%d"}`, end, limit, end)
		}
		list := "[" + strings.Join(items, ",") + "]"
		if r.Header.Get("Accept") == pagesType {
			list = fmt.Sprintf(`{"items": %s, "_pagination": {"offset": %d, "limit": %d, "total": %d, "next": %s}}`, list, offset, limit, users, next)
		}
		say(w, http.StatusOK, list)
	}
}

func TestViewReadsAllPages(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ users, most int }{{0, 200}, {1, 200}, {200, 200}, {201, 200}, {1000, 200}, {130, 50}} {
		t.Run(fmt.Sprint(tc), func(t *testing.T) {
			t.Parallel()
			view, err := answering(t, paging(tc.users, tc.most)).View(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(view.Servers) != tc.users || view.Version != "5.5.0" {
				t.Errorf("%d servers of JupyterHub %s, want %d", len(view.Servers), view.Version, tc.users)
			}
		})
	}
}

// A Hub before 2.0 has no pages: it gives as many as were asked for, or all
// whatever was asked for.
func TestViewOfOldHubs(t *testing.T) {
	t.Parallel()
	for name, heeds := range map[string]bool{"limits": true, "no limits": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/users") {
					say(w, http.StatusOK, `{"version": "1.5.0"}`)
					return
				}
				offset, end := 0, 450
				if heeds {
					offset, _ = strconv.Atoi(r.URL.Query().Get("offset"))
					end = min(offset+200, end)
				}
				var items []string
				for i := offset; i < end; i++ {
					items = append(items, aUser(fmt.Sprintf("user-%d", i), readyServer))
				}
				say(w, http.StatusOK, "["+strings.Join(items, ",")+"]")
			})
			view, err := client.View(t.Context())
			if err != nil || len(view.Servers) != 450 {
				t.Errorf("%d servers, %v", len(view.Servers), err)
			}
		})
	}
}

func TestViewUnderstandsServers(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 20, 20, 42, 32, 549202000, time.UTC)
	for name, tc := range map[string]struct {
		server string
		want   *Server
	}{
		"ready": {readyServer, &Server{
			Key: Key{"x", ""}, Ready: true, Started: started, LastActivity: time.Date(2026, 11, 20, 20, 50, 0, 1000, time.UTC),
			RepoURL: "https://github.com/minrk/ligo-binder",
		}},
		"stopping": {
			`{"ready": false, "pending": "stop", "stopped": false, "started": "2026-11-20T20:42:32.549202Z"}`,
			&Server{Key: Key{"x", ""}, Pending: PendingStop, Started: started},
		},
		"time without a zone": {
			`{"ready": true, "pending": null, "started": "2026-11-20T20:42:32.549202"}`,
			&Server{Key: Key{"x", ""}, Ready: true, Started: started},
		},
		"no times": {`{"ready": false, "pending": "spawn", "started": null}`, &Server{Key: Key{"x", ""}, Pending: PendingSpawn}},
		"stopped":  {`{"ready": false, "pending": null, "stopped": true, "started": null}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/users/x") {
					say(w, http.StatusOK, aUser("x", tc.server))
					return
				}
				say(w, http.StatusOK, fmt.Sprintf(`{"version": "5.5.0", "items": [%s], "_pagination": {"next": null}}`, aUser("x", tc.server)))
			})
			view, err := client.View(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			one, known, err := client.Server(t.Context(), Key{"x", ""})
			if err != nil || known != (tc.want != nil) {
				t.Errorf("known by name: %v, %v", known, err)
			}
			want := map[Key]Server{}
			if tc.want != nil {
				want[tc.want.Key] = *tc.want
				if diff := cmp.Diff(*tc.want, one); diff != "" {
					t.Errorf("by name (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(want, view.Servers); diff != "" {
				t.Errorf("in the list (-want +got):\n%s", diff)
			}
		})
	}
}

// A list that shrinks by more than a page while it is read has moved users past
// the reader.
func TestViewOfAListThatShrinks(t *testing.T) {
	t.Parallel()
	for left, want := range map[int]error{1000: nil, 801: nil, 799: ErrIncomplete} {
		whole, less := paging(1000, 200), paging(left, 200)
		client := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if offset := r.URL.Query().Get("offset"); offset == "" || offset == "0" {
				whole(w, r)
				return
			}
			less(w, r)
		})
		if _, err := client.View(t.Context()); !errors.Is(err, want) {
			t.Errorf("with %d of 1000 left: %v, want %v", left, err, want)
		}
	}
}

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

func TestServerThatIsNotKnown(t *testing.T) {
	t.Parallel()
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/users/nobody") {
			say(w, http.StatusNotFound, `{"status": 404, "message": "Not Found"}`)
			return
		}
		say(w, http.StatusOK, `{"name": "idle", "servers": {}}`)
	})
	for _, key := range []Key{{"nobody", ""}, {"idle", ""}, {"idle", "second"}} {
		if _, known, err := client.Server(t.Context(), key); known || err != nil {
			t.Errorf("%v: %v, %v", key, known, err)
		}
	}
	if _, _, err := client.Server(t.Context(), Key{"other", ""}); !errors.Is(err, ErrIncomplete) {
		t.Errorf("an answer about somebody else: %v", err)
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

var errAny = errors.New("any error")

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client, err := connectTo(t.Context(), nil, Options{URL: server.URL, Token: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.View(t.Context()); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "sesame") {
		t.Errorf("View: %v", err)
	}
}

// The token is for the Hub alone.
func TestTokenIsNotSentAway(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if _, err := client.Version(t.Context()); err == nil {
		t.Error("a redirect is a version")
	}
}

func TestAPIURL(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://hub.example.org":              "https://hub.example.org/hub/api/",
		"http://127.0.0.1:8081/":               "http://127.0.0.1:8081/hub/api/",
		"https://example.org/jupyter":          "https://example.org/jupyter/hub/api/",
		"https://example.org/jupyter/hub/":     "https://example.org/jupyter/hub/api/",
		"https://hub.example.org/hub/api":      "https://hub.example.org/hub/api/",
		"https://hub.example.org/hub/api/?a=b": "https://hub.example.org/hub/api/",
		"hub.example.org":                      "",
		"ftp://hub.example.org":                "",
		"https://":                             "",
		"":                                     "",
	} {
		got, err := apiURL(given)
		if err != nil {
			got = &url.URL{}
		}
		if got.String() != want || (err != nil) != (want == "") {
			t.Errorf("%s is %s, %v; want %s", given, got, err, want)
		}
	}
}

func TestMetricsAreBesideTheAPI(t *testing.T) {
	t.Parallel()
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hub/metrics" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		_, _ = w.Write([]byte("jupyterhub_running_servers 3\n"))
	})
	var got []byte
	err := client.Metrics(t.Context(), func(r io.Reader) (err error) {
		got, err = io.ReadAll(r)
		return err
	})
	if err != nil || string(got) != "jupyterhub_running_servers 3\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// A Hub whose certificate nobody vouches for gets no token.
func TestTokenIsNotSentToAnyCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("it was asked, with %q", r.Header.Get("Authorization"))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake
	server.StartTLS()
	t.Cleanup(server.Close)
	client, err := connectTo(t.Context(), nil, Options{URL: server.URL, Token: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.View(t.Context()); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("View: %v", err)
	}
}

// A page that comes twice stands for one that is missing.
func TestViewOfARepeatedPage(t *testing.T) {
	t.Parallel()
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if offset, _ := strconv.Atoi(r.URL.Query().Get("offset")); offset > 0 && offset < 600 {
			query := r.URL.Query()
			query.Set("offset", "0")
			r.URL.RawQuery = query.Encode()
			answer := httptest.NewRecorder()
			paging(800, 200)(answer, r)
			say(w, http.StatusOK, strings.Replace(answer.Body.String(), `"next": {"offset": 200`, fmt.Sprintf(`"next": {"offset": %d`, offset+200), 1))
			return
		}
		paging(800, 200)(w, r)
	})
	if _, err := client.View(t.Context()); !errors.Is(err, ErrIncomplete) {
		t.Errorf("View: %v", err)
	}
}
