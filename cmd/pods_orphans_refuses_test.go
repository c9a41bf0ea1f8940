package cmd

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/hub/hubtest"
)

// TestOrphansRefuses has everything go wrong that could make a pod look lost.
func TestOrphansRefuses(t *testing.T) {
	t.Parallel()
	failing := func(method, suffix string, after int) func(*binder) {
		return func(b *binder) {
			asked := 0
			b.hub.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == method && strings.HasSuffix(r.URL.Path, suffix) {
						if asked++; asked > after {
							hubtest.Refuse(w, http.StatusInternalServerError, "Internal Server Error")
							return
						}
					}
					next.ServeHTTP(w, r)
				})
			})
		}
	}
	for name, test := range map[string]struct {
		make func(*binder)
		args []string
		code int
		says string
		goes bool // the orphan goes all the same
	}{
		"the list fails":                  {make: failing(http.MethodGet, "/users", 0), code: 1, says: "the Hub says 500"},
		"asking by name fails":            {make: failing(http.MethodGet, "/users/lost", 0), code: 1, says: "ask the Hub for user lost"},
		"asking once more by name fails":  {make: failing(http.MethodGet, "/users/lost", 1), code: 1, says: "1 of 1 pod not deleted"},
		"another token":                   {make: func(b *binder) { b.env[hubTokenVariable] = "other" }, code: 1, says: "scopes list:users"},
		"no token":                        {make: func(b *binder) { b.env[hubTokenVariable] = "" }, code: 1, says: "no token for the Hub"},
		"nobody there":                    {make: func(b *binder) { b.env["BINDERCTL_HUB_URL"] = "http://127.0.0.1:1" }, code: 1, says: "no pod is called lost; see how it is: binderctl hub status"},
		"a page of something else":        {make: func(b *binder) { b.env["BINDERCTL_HUB_URL"] = b.cluster.URL() }, code: 1, says: "Hub"},
		"just restarted":                  {make: func(b *binder) { b.restart(2 * time.Minute) }, code: 1, says: "the Hub started 2m ago"},
		"just restarted, and it is known": {make: func(b *binder) { b.restart(2 * time.Minute) }, args: []string{"--hub-just-restarted"}, goes: true},
		"restarted a while ago":           {make: func(b *binder) { b.restart(11 * time.Minute) }, goes: true},
		"restarted not so long ago":       {make: func(b *binder) { b.restart(11 * time.Minute) }, args: []string{"--hub-restarted-within", "1h"}, code: 1, says: "wait until it has run for 1h"},
		"no hub pod":                      {make: func(b *binder) { b.cluster.Remove("binder", "hub-5d8b") }, code: 1, says: "nobody can tell whether the Hub has just started"},
		"knows nobody":                    {make: func(b *binder) { b.forget("a", "b", "c") }, code: 1, says: "the Hub knows none of the 4 pods.* has run for 5d.*blind"},
		"knows too few":                   {make: func(b *binder) { b.forget("a", "b") }, code: 1, says: "the Hub knows only 1 of the 4 pods"},
		"knows half":                      {make: func(b *binder) { b.forget("a"); b.pod("d", time.Hour); b.server("d"); b.server("a") }, goes: true},
		"lost its database": {
			make: func(b *binder) { b.forget("a", "b", "c"); b.restart(30 * time.Minute) }, code: 1,
			says: "later than 4 of the 4 pods.*looks like a database that was lost.*add --hub-lost-its-pods",
		},
		"two Hubs": {make: func(b *binder) { b.hubPodNamed("hub-other", time.Hour, "") }, code: 1, says: "there are 2 hub pods .*each knows its own"},
		"two Hubs, of two releases": {make: func(b *binder) {
			b.hubPodNamed("hub-other", time.Hour, "other")
		}, code: 1, says: `there are 2 Hubs \(pod hub-other of release "other", pod hub-5d8b of release ""\).*--name NAME --via kubernetes`},
		"the pod is of another release": {make: func(b *binder) {
			b.cluster.Remove("binder", "hub-5d8b")
			b.hubPodNamed("hub-5d8b", time.Hour, "binder")
			b.relabel("lost", "release", "other")
		}, code: 0, says: `1 pod may be no user's .*or of another Hub`},
		"the pods are of releases, and the Hub of none": {make: func(b *binder) {
			b.relabel("a", "release", "one")
			b.relabel("lost", "release", "other")
		}, code: 1, says: `2 releases of the chart \(one, other\)`},
		"a Hub with users of the same names": {make: func(b *binder) {
			for _, user := range []string{"a", "b", "c"} {
				b.hub.Set(hubtest.Server{User: user, Started: clustertest.Now().Add(-3 * time.Hour)})
			}
		}, code: 1, says: "can have made none of the 4 pods here: it may be that of another place"},
		"a Hub of which hardly a name is the same server": {make: func(b *binder) {
			for _, user := range []string{"a", "b"} {
				b.hub.Set(hubtest.Server{User: user, Started: clustertest.Now().Add(-3 * time.Hour)})
			}
		}, code: 1, says: "it can have made only 1 of them"},
		"another's, and one says that it lost its pods": {
			make: func(b *binder) {
				b.forget("a", "b", "c")
				b.hub.Set(hubtest.Server{User: "x", Started: clustertest.Now().Add(-3 * time.Hour)})
			}, args: []string{"--hub-lost-its-pods"}, code: 1,
			says: "can have made none of the 4 pods here",
		},
		"a named server whose pod does not say so": {make: func(b *binder) {
			b.hub.Set(hubtest.Server{User: "lost", Name: "lab", Started: clustertest.Now().Add(-time.Hour)})
		}, code: 0, says: "1 orphan spared"},
		"a token that sees only some": {make: func(b *binder) {
			b.answer("/user", `{"scopes": ["list:users", "read:servers!group=staff"]}`)
		}, code: 1, says: "refuses the token for all users: its scope is read:servers!group=staff"},
		"a user whose name has changed": {make: func(b *binder) { b.server("renamed") }, code: 0, says: "1 orphan spared: .*another name"},
		"it knows nobody by name": {make: func(b *binder) {
			b.hub.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(r.URL.Path, "/users/") {
						hubtest.Refuse(w, http.StatusNotFound, "Not Found")
						return
					}
					next.ServeHTTP(w, r)
				})
			})
		}, code: 1, says: "1 of 1 pod not deleted"},
		"restarted after the plan": {make: func(b *binder) {
			b.said = func(text string) {
				if strings.Contains(text, "to delete: 1") {
					b.restart(time.Second)
				}
			}
		}, code: 1, says: "1 of 1 pod not deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBinder(t, "a", "b", "c", "lost")
			b.forget("lost")
			test.make(b)
			before := b.there()
			b.orphans(t.Context(), append([]string{"--cull", "--yes"}, test.args...)...).exits(test.code).says("(?s)" + test.says)
			if lost := len(before) - len(b.there()); lost != yesNo(test.goes) {
				t.Errorf("%d pods are gone", lost)
			}
		})
	}
}

func yesNo(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// TestOrphansLostDatabaseOnPurpose goes all the way when it is told what it risks.
func TestOrphansLostDatabaseOnPurpose(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a", "b", "c", "d")
	b.forget("a", "b", "c")
	b.orphans(t.Context(), "--cull", "--yes", "--hub-lost-its-pods").exits(0)
	if diff := cmp.Diff([]string{"d"}, b.there()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrphansHubGoesSilent has the Hub fall silent after the plan: it is asked by
// nobody any more once that is known.
func TestOrphansHubGoesSilent(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a")
	users := []string{"a"}
	for i := range 60 {
		user := fmt.Sprintf("u%02d", i)
		users = append(users, user)
		b.pod(user, time.Hour)
		if i%2 == 0 {
			b.server(user)
		}
	}
	var mu sync.Mutex
	silent, asked := false, 0
	b.hub.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if !silent {
				next.ServeHTTP(w, r)
				return
			}
			asked++
			w.WriteHeader(http.StatusGatewayTimeout)
		})
	})
	b.said = func(text string) {
		if strings.Contains(text, "to delete: 30") {
			mu.Lock()
			defer mu.Unlock()
			silent = true
		}
	}
	b.orphans(t.Context(), "--cull", "--yes").exits(1).says("30 of 30 pods not deleted")
	if asked > orphansInFlight {
		t.Errorf("it was asked %d times", asked)
	}
	if diff := cmp.Diff(users, b.there()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrphansHintsAtNothingRefused has every hint at --cull lead somewhere.
func TestOrphansHintsAtNothingRefused(t *testing.T) {
	t.Parallel()
	const offer = "binderctl pods orphans --cull"
	for name, test := range map[string]struct {
		make   func(*binder)
		offers bool
		says   string
	}{
		"all is well but for one": {make: func(*binder) {}, offers: true, says: "hint: orphan: nobody else will ever stop them"},
		"just restarted":          {make: func(b *binder) { b.restart(2 * time.Minute) }, says: "hint: orphan: --cull would be refused now: the Hub started 2m ago.*wait until it has run for 10m"},
		"two Hubs":                {make: func(b *binder) { b.hubPodNamed("hub-other", time.Hour, "") }, says: "hint: orphan: --cull would be refused now: there are 2 hub pods"},
		"knows too few":           {make: func(b *binder) { b.forget("a", "b") }, says: "hint: orphan: the Hub comes first"},
		"lost its database":       {make: func(b *binder) { b.forget("a", "b", "c"); b.restart(30 * time.Minute) }, says: "looks like a database that was lost(?s:.*)hint: orphan: the Hub comes first"},
		"lost its database just now": {
			make: func(b *binder) { b.forget("a", "b", "c"); b.restart(2 * time.Minute) }, says: "hint: orphan: the Hub comes first",
		},
		"a user whose name has changed": {make: func(b *binder) { b.server("renamed") }, says: "hint: orphan: --cull would spare"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBinder(t, "a", "b", "c", "lost")
			b.forget("lost")
			test.make(b)
			call := b.orphans(t.Context(), "--settle", "0").exits(3).says(test.says)
			if strings.Contains(call.stderr, offer) != test.offers {
				t.Errorf("offers %s: %t\n%s", offer, !test.offers, call.stderr)
			}
		})
	}
}
