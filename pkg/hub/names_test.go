package hub

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// TestOneNameIsInNobodysWay has a user about whom nobody can ask, since URLs are
// shortened on their way, beside one who is like all others.
func TestOneNameIsInNobodysWay(t *testing.T) {
	t.Parallel()
	hub := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/routes") {
			say(w, http.StatusOK, `{"/user/../": {"user": ".."}, "/user/a/": {"user": "a"}}`)
			return
		}
		say(w, http.StatusOK, `{"version": "5.5.0", "items": [`+aUser("..", readyServer)+`,`+aUser("a", readyServer)+`], "_pagination": {"next": null}}`)
	})
	view, err := hub.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	routes, err := (&Proxy{hub}).Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	servers := slices.Collect(maps.Keys(view.Servers))
	if diff := cmp.Diff([]Key{{User: "a"}}, servers); diff != "" || len(routes) != 1 {
		t.Errorf("routes %v, servers (-want +got):\n%s", routes, diff)
	}

	strange, plain := clustertest.UserPod("x", "", time.Hour), clustertest.UserPod("a", "", time.Hour)
	strange.Annotations[cluster.UsernameKey] = ".."
	var sink podSink
	sink.Reset()
	sink.Add(strange)
	sink.Add(plain)
	if sink.pods[0].Doubt != `nobody can ask the Hub about a user ".."` || sink.pods[1].Doubt != "" {
		t.Errorf("doubts: %q, %q", sink.pods[0].Doubt, sink.pods[1].Doubt)
	}
}

// TestOptionsThatMakeNoSense has users who start servers by the API and write there
// what they like.
func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, options := range []string{`{"repo_url": 5}`, `{"repo_url": {"a": []}}`, `[1]`, `"x"`, `null`, `7`} {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			odd := `{"ready": true, "started": "2026-11-20T20:42:32Z", "user_options": ` + options + `}`
			view, err := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				say(w, http.StatusOK, `{"version": "5.5.0", "items": [`+aUser("mallory", odd)+`,`+aUser("a", readyServer)+`], "_pagination": {"next": null}}`)
			}).View(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if of := view.Servers[Key{User: "mallory"}]; len(view.Servers) != 2 || !of.Ready || of.RepoURL != "" {
				t.Errorf("servers %+v", view.Servers)
			}
		})
	}
}
