package hub

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/hub/hubtest"
)

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

// What a user is called goes to the Hub as it is, whatever a pod's name and labels
// make of it, and none is taken for another who is called almost the same.
func TestServerOfStrangeNames(t *testing.T) {
	t.Parallel()
	h := hubtest.Start(t)
	client, err := connectTo(t.Context(), nil, Options{URL: h.URL, Token: hubtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"a-b", "a-2db", "a--b", "A-b", "a/b", "a%2Fb", "a b", "a+b", "a@b.c", "ü", "u\u0308", "2i2c-org-some.repo_x-564nkskl"}
	for i, name := range names {
		for _, key := range []Key{{name, ""}, {name, "lab"}} {
			if _, known, err := client.Server(t.Context(), key); known || err != nil {
				t.Errorf("%q, of whom the Hub has not heard: %t, %v", key, known, err)
			}
			h.Set(hubtest.Server{User: key.User, Name: key.Name})
			if found, known, err := client.Server(t.Context(), key); !known || err != nil || found.Key != key {
				t.Errorf("%q: %+v, %t, %v", key, found, known, err)
			}
		}
		if view, err := client.View(t.Context()); err != nil || len(view.Servers) != 2*(i+1) {
			t.Errorf("with %q the Hub has %d servers, %v", name, len(view.Servers), err)
		}
	}
}
