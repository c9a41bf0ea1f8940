package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The real Hub and the game days' stand-in are asked the same, and both have to
// give the answers in this file. The real one wrote them.
const contractFile = "testdata/hubcontract.txt"

var updateContract = flag.Bool("update-contract", false, "have the real Hub write "+contractFile+" anew")

// contractValues are the chart's values on which the answers rest: starts and
// stops are given up after 15 s, and one spawn at a time may be pending.
var contractValues = []string{shortPatience, "hub: {concurrentSpawnLimit: 1}"}

// TestRealHubContract: the real Hub answers as it is written.
func TestRealHubContract(t *testing.T) {
	t.Parallel()
	h := startRealHub(t, contractValues...)
	got := askContract(t, h.place, h.podOf)
	if *updateContract {
		if err := os.WriteFile(contractFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	compareContract(t, got)
}

// TestHubContract: the stand-in answers as the real Hub does.
func TestHubContract(t *testing.T) {
	t.Parallel()
	p := hubDay(t, "hub: {values: {"+strings.Join(contractValues, ", ")+"}}\n")
	h := &realHub{place: p}
	compareContract(t, askContract(t, p, h.podOf))
}

func compareContract(t *testing.T, got string) {
	t.Helper()
	const next = "\n> "
	want, answered := strings.Split(readFile(t, contractFile), next), strings.Split(got, next)
	for n := range max(len(want), len(answered)) {
		if n >= len(want) || n >= len(answered) {
			t.Fatalf("%d questions were asked, %d are written in %s", len(answered), len(want), contractFile)
		}
		if diff := cmp.Diff(want[n], answered[n]); diff != "" {
			t.Errorf("not as in %s (- as written, + as answered): > %s\n%s", contractFile, answered[n], diff)
		}
	}
}

// inquiry asks a Hub and writes down, without what differs from one time to the
// next, what it asked and what came back.
type inquiry struct {
	*place
	hub, proxy           string // where they are
	hubToken, proxyToken string
	minutes              strings.Builder
}

func newInquiry(t *testing.T, p *place) *inquiry {
	t.Helper()
	secret, err := p.kube.CoreV1().Secrets(p.namespace).Get(t.Context(), "hub", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ HubPort, ProxyPort int }
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(p.dir, "info.json"))), &info); err != nil {
		t.Fatal(err)
	}
	i := &inquiry{
		place:      p,
		hub:        fmt.Sprintf("http://127.0.0.1:%d", info.HubPort),
		proxy:      fmt.Sprintf("http://127.0.0.1:%d", info.ProxyPort),
		hubToken:   string(secret.Data["hub.services.binder.apiToken"]),
		proxyToken: string(secret.Data["hub.config.ConfigurableHTTPProxy.auth_token"]),
	}
	eventually(t, "the Hub answers", func() bool {
		response, err := i.send(t.Context(), request{url: i.hub + "/hub/api/health"})
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	return i
}

// request is a question.
type request struct {
	method string // GET by default
	url    string
	token  string
	accept string
	body   string
}

func (i *inquiry) send(ctx context.Context, q request) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, q.url, strings.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	if q.token != "" {
		r.Header.Set("Authorization", "token "+q.token)
	}
	if q.accept != "" {
		r.Header.Set("Accept", q.accept)
	}
	return http.DefaultClient.Do(r)
}

// reply is what came back.
type reply struct {
	code   int
	kind   string
	header http.Header
	body   []byte
}

func (i *inquiry) answer(t *testing.T, q request) reply {
	t.Helper()
	response, err := i.send(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header.Get("Content-Type"), response.Header, body}
}

// ask asks the Hub's API as BinderHub.
func (i *inquiry) ask(t *testing.T, method, path string) {
	t.Helper()
	i.note(t, request{method: method, url: i.hub + "/hub/api" + path, token: i.hubToken})
}

// tell asks with a body.
func (i *inquiry) tell(t *testing.T, method, path, body string) {
	t.Helper()
	i.note(t, request{method: method, url: i.hub + "/hub/api" + path, token: i.hubToken, body: body})
}

// page asks for a list in pages.
func (i *inquiry) page(t *testing.T, path string) {
	t.Helper()
	i.note(t, request{method: http.MethodGet, url: i.hub + "/hub/api" + path, token: i.hubToken, accept: pagination})
}

const pagination = "application/jupyterhub-pagination+json"

// note asks, and writes down what was asked and answered.
func (i *inquiry) note(t *testing.T, q request) {
	t.Helper()
	i.write(t, q, i.answer(t, q))
}

func (i *inquiry) write(t *testing.T, q request, a reply) {
	t.Helper()
	fmt.Fprintf(&i.minutes, "> %s %s", q.method, strings.NewReplacer(i.hub, "", i.proxy, "proxy").Replace(q.url))
	for _, more := range []string{q.accept, q.body} {
		if more != "" {
			fmt.Fprintf(&i.minutes, " %s", more)
		}
	}
	kind, _, _ := strings.Cut(a.kind, ";")
	fmt.Fprintf(&i.minutes, "\n< %d %s", a.code, kind)
	if after := a.header.Get("Retry-After"); after != "" {
		fmt.Fprintf(&i.minutes, " Retry-After: %s", varying.number.ReplaceAllString(after, "N"))
	}
	i.minutes.WriteString("\n")
	if body := i.plain(t, a.body); body != "" {
		i.minutes.WriteString(body + "\n")
	}
	i.minutes.WriteString("\n")
}

// varying is what differs each time.
var varying = struct{ time, port, number, seconds, token, version *regexp.Regexp }{
	time:    regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z`),
	port:    regexp.MustCompile(`http://(127[\d.]+|hub):\d+`),
	number:  regexp.MustCompile(`\d+`),
	seconds: regexp.MustCompile(`in \d+ seconds`),
	token:   regexp.MustCompile(`"token_id": "[^"]+"`),
	version: regexp.MustCompile(`"version": "[^"]+"`),
}

// plain is a body without what differs each time, its fields in order. Lists of
// many are only counted.
func (i *inquiry) plain(t *testing.T, body []byte) string {
	t.Helper()
	text := strings.TrimSpace(string(body))
	var value any
	if json.Unmarshal(body, &value) == nil {
		inOrder(value)
		indented, err := json.MarshalIndent(brief(value), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text = string(indented)
	}
	text = varying.time.ReplaceAllString(text, "TIME")
	text = varying.port.ReplaceAllString(text, "http://HOST")
	text = varying.seconds.ReplaceAllString(text, "in N seconds")
	text = varying.token.ReplaceAllString(text, `"token_id": "ID"`)
	return varying.version.ReplaceAllString(text, `"version": "VERSION"`)
}

// inOrder puts the query of the next page's address into alphabetical order.
func inOrder(value any) {
	list, _ := value.(map[string]any)
	paging, _ := list["_pagination"].(map[string]any)
	next, _ := paging["next"].(map[string]any)
	address, _ := next["url"].(string)
	if at, err := url.Parse(address); err == nil && next != nil {
		at.RawQuery = at.Query().Encode()
		next["url"] = at.String()
	}
}

// many is from how many on the items of a list are only counted.
const many = 12

func brief(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = brief(inner)
			if scopes, ok := inner.([]any); ok && key == "scopes" {
				slices.SortFunc(scopes, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
				value[key] = scopes
			}
		}
	case []any:
		if len(value) >= many {
			return fmt.Sprintf("%d items", len(value))
		}
		for at := range value {
			value[at] = brief(value[at])
		}
	}
	return value
}

// launch starts a user's server and follows it. Its pod does not come up before the
// first event was heard, which is not told to who asks later.
func (i *inquiry) launch(t *testing.T, user string) {
	t.Helper()
	turn := func(verb string) {
		if err := i.gameday(verb, "kwok"); err != nil {
			t.Fatal(err)
		}
	}
	turn("pause")
	i.tell(t, http.MethodPost, "/users/"+user+"/servers/", launchOptions)
	i.events(t, "/users/"+user+"/server/progress", func() { turn("resume") })
}

// events follows a launch to its end and writes the first and the last event
// down: what is between them is what Kubernetes said in time. heard is called, if
// it is not nil, when the first has come.
func (i *inquiry) events(t *testing.T, path string, heard func()) {
	t.Helper()
	q := request{method: http.MethodGet, url: i.hub + "/hub/api" + path, token: i.hubToken}
	response, err := i.send(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var events []string
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if events = append(events, i.plain(t, []byte(data))); len(events) == 1 && heard != nil {
			heard()
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(events) > 2 {
		events = []string{events[0], events[len(events)-1]}
	}
	i.write(t, q, reply{response.StatusCode, response.Header.Get("Content-Type"), response.Header, []byte(strings.Join(events, "\n"))})
}
