package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/e2e/realhub"
)

// askContract asks a Hub that knows nobody all that is in the contract.
func askContract(t *testing.T, p *place, podOf func(*testing.T, string) *corev1.Pod) string {
	t.Helper()
	i := newInquiry(t, p)
	i.askStrangers(t)
	i.askUsers(t)
	i.askServer(t)
	i.askLists(t)
	i.askProxy(t)
	i.askStop(t, podOf)
	i.askSpawning(t, podOf)
	i.askMany(t)
	i.askMetrics(t)
	return i.minutes.String()
}

const (
	get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete

	launchOptions = `{"image": "registry.example/i-a:1", "repo_url": "https://github.com/a/b", "token": "gdsecret-x"}`
)

// askStrangers asks without a right to.
func (i *inquiry) askStrangers(t *testing.T) {
	for _, path := range []string{"/", "/health", "/users", "/users/nobody", "/user", "/info", "/nonsense"} {
		i.note(t, request{method: get, url: i.hub + "/hub/api" + path})
	}
	for _, path := range []string{"/users", "/users/nobody", "/user"} {
		i.note(t, request{method: get, url: i.hub + "/hub/api" + path, token: "gdsecret-unknown"})
	}
	i.note(t, request{method: del, url: i.hub + "/hub/api/users/nobody/server", token: "gdsecret-unknown"})
	i.ask(t, get, "/info")
	i.ask(t, get, "/user")
	i.ask(t, get, "/nonsense")
}

func (i *inquiry) askUsers(t *testing.T) {
	i.ask(t, get, "/users")
	i.page(t, "/users")
	i.ask(t, get, "/users?state=foo")
	i.ask(t, get, "/users?offset=x")
	i.ask(t, get, "/users/nobody")
	i.ask(t, del, "/users/nobody")
	i.ask(t, del, "/users/nobody/server")
	i.ask(t, post, "/users/nobody/servers/")
	i.ask(t, get, "/users/nobody/server/progress")
	i.ask(t, post, "/users/alice-abcd1234")
	i.ask(t, post, "/users/alice-abcd1234")
	i.ask(t, get, "/users/alice-abcd1234")
	i.ask(t, del, "/users/alice-abcd1234/server")
	i.ask(t, get, "/users/alice-abcd1234/server/progress")
	i.tell(t, post, "/users/alice-abcd1234/servers/", "{nonsense")
	i.ask(t, post, "/users/alice-abcd1234/servers/named")
	i.ask(t, del, "/users/alice-abcd1234/servers/named")
	i.ask(t, post, "/users/bob-abcd1234")
}

func (i *inquiry) askServer(t *testing.T) {
	i.launch(t, "alice-abcd1234")
	i.ask(t, get, "/users/alice-abcd1234")
	i.events(t, "/users/alice-abcd1234/server/progress", nil)
	i.tell(t, post, "/users/alice-abcd1234/servers/", launchOptions)
	i.tell(t, post, "/users/alice-abcd1234/server", launchOptions)
	i.tell(t, del, "/users/alice-abcd1234/server", `{"remove": true}`)
}

func (i *inquiry) askLists(t *testing.T) {
	for _, query := range []string{
		"", "?state=active", "?state=ready", "?state=inactive", "?name_filter=BOB", "?name_filter=xyz",
		"?sort=-name", "?sort=foo", "?limit=1", "?limit=1&offset=1", "?include_stopped_servers=1&state=inactive",
	} {
		i.ask(t, get, "/users"+query)
	}
	for _, query := range []string{"?limit=1", "?limit=1&offset=1", "?offset=7", "?state=ready&limit=1", "?state=active&limit=1", "?limit=0"} {
		i.page(t, "/users"+query)
	}
}

func (i *inquiry) askProxy(t *testing.T) {
	i.note(t, request{method: get, url: i.proxy + "/api/routes"})
	i.note(t, request{method: get, url: i.proxy + "/api/routes", token: "gdsecret-unknown"})
	i.note(t, request{method: get, url: i.proxy + "/api/routes", token: i.proxyToken})
}

// askStop has a server stopped whose pod does not go for a while.
func (i *inquiry) askStop(t *testing.T, podOf func(*testing.T, string) *corev1.Pod) {
	h := &realHub{place: i.place}
	letGo := h.hold(t, podOf(t, "alice-abcd1234").Name)
	i.ask(t, del, "/users/alice-abcd1234/server") // answered after 10 s
	i.ask(t, get, "/users/alice-abcd1234")
	i.ask(t, get, "/users?state=active")
	i.ask(t, get, "/users?state=ready")
	i.page(t, "/users?state=ready")
	i.page(t, "/users?state=active")
	i.ask(t, del, "/users/alice-abcd1234/server")
	i.ask(t, del, "/users/alice-abcd1234")
	i.tell(t, post, "/users/alice-abcd1234/servers/", launchOptions)
	letGo()
	eventually(t, "the server is stopped", func() bool {
		a := i.answer(t, request{method: get, url: i.hub + "/hub/api/users/alice-abcd1234", token: i.hubToken})
		var user realhub.User
		return json.Unmarshal(a.body, &user) == nil && len(user.Servers) == 0
	})
	i.ask(t, get, "/users/alice-abcd1234")
	i.ask(t, del, "/users/alice-abcd1234/server")
	i.ask(t, get, "/users/alice-abcd1234/server/progress")
	i.note(t, request{method: get, url: i.proxy + "/api/routes", token: i.proxyToken})
	i.ask(t, del, "/users/alice-abcd1234")
	i.ask(t, get, "/users/alice-abcd1234")
	// Once more, quickly, and with the user.
	i.launch(t, "bob-abcd1234")
	i.ask(t, del, "/users/bob-abcd1234/server")
	i.ask(t, get, "/users/bob-abcd1234")
	i.ask(t, get, "/users/bob-abcd1234?include_stopped_servers=1")
	i.launch(t, "bob-abcd1234")
	i.ask(t, del, "/users/bob-abcd1234")
	eventually(t, "the pod went with its user", func() bool { return podOf(t, "bob-abcd1234") == nil })
}

// askSpawning asks while a server starts that does not come up.
func (i *inquiry) askSpawning(t *testing.T, podOf func(*testing.T, string) *corev1.Pod) {
	if err := i.gameday("pause", "kwok"); err != nil {
		t.Fatal(err)
	}
	i.ask(t, post, "/users/dave-abcd1234")
	i.ask(t, post, "/users/erin-abcd1234")
	i.tell(t, post, "/users/dave-abcd1234/servers/", launchOptions)
	eventually(t, "the pod is there", func() bool { return podOf(t, "dave-abcd1234") != nil })
	i.ask(t, get, "/users/dave-abcd1234")
	i.ask(t, get, "/users?state=active")
	i.ask(t, get, "/users?state=ready")
	i.tell(t, post, "/users/dave-abcd1234/servers/", launchOptions)
	i.tell(t, post, "/users/erin-abcd1234/servers/", launchOptions) // one too many
	resumed := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for ctx.Err() == nil {
			if pod := podOf(t, "dave-abcd1234"); pod != nil && pod.DeletionTimestamp != nil {
				break
			}
		}
		resumed <- i.gameday("resume", "kwok")
	}()
	i.ask(t, del, "/users/dave-abcd1234/server")
	if err := <-resumed; err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pod is gone", func() bool { return podOf(t, "dave-abcd1234") == nil })
	i.ask(t, get, "/users/dave-abcd1234")
	i.ask(t, del, "/users/dave-abcd1234")
	i.ask(t, del, "/users/erin-abcd1234")
}

// askMany asks about more users than a page has.
func (i *inquiry) askMany(t *testing.T) {
	names := make([]string, 0, 250)
	for n := range cap(names) {
		names = append(names, fmt.Sprintf(`"many-%03d"`, n))
	}
	q := request{method: post, url: i.hub + "/hub/api/users", token: i.hubToken, body: `{"usernames": [` + strings.Join(names, ", ") + `]}`}
	a := i.answer(t, q)
	q.body = "(250 users)"
	i.write(t, q, a)
	i.ask(t, get, "/users")
	i.ask(t, get, "/users?limit=500")
	i.ask(t, get, "/users?offset=200")
	i.page(t, "/users")
	i.page(t, "/users?limit=500")
	i.page(t, "/users?limit=200&offset=200")
	i.page(t, "/users?state=active&limit=200")
}

// families are the metrics in which an operator looks for trouble.
var families = regexp.MustCompile(`^jupyterhub_(running_servers|total_users|(server_(spawn_duration|stop|poll_duration)_seconds|proxy_(add|delete|poll)_duration_seconds|check_routes_duration_seconds|init_spawners_duration_seconds|hub_startup_duration_seconds|event_loop_interval_seconds)_count)\b`)

// counted are those of which the contract fixes how often it came to that.
var counted = regexp.MustCompile(`stop_seconds|total_users|running_servers`)

// askMetrics asks which of the metrics there are.
func (i *inquiry) askMetrics(t *testing.T) {
	for _, path := range []string{"/hub/metrics", "/hub/api/metrics"} {
		q := request{method: get, url: i.hub + path}
		a := i.answer(t, q)
		var series []string
		lines := bufio.NewScanner(strings.NewReader(string(a.body)))
		for lines.Scan() {
			if name, value, ok := strings.Cut(lines.Text(), " "); ok && families.MatchString(name) {
				if counted.MatchString(name) {
					name += " " + strings.TrimSuffix(value, ".0")
				}
				series = append(series, name)
			}
		}
		slices.Sort(series)
		a.body = []byte(strings.Join(series, "\n"))
		i.write(t, q, a)
	}
}
