package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// pager is a webhook that takes alerts.
type pager struct {
	*httptest.Server

	mu     sync.Mutex
	events []string
	texts  []string
}

func newPager(t *testing.T) *pager {
	t.Helper()
	p := &pager{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var alert struct{ Event, Text string }
		if err := json.NewDecoder(r.Body).Decode(&alert); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.events, p.texts = append(p.events, alert.Event), append(p.texts, alert.Text)
	}))
	t.Cleanup(p.Close)
	return p
}

// told are the events that it was told of, and the last one's words.
func (p *pager) told() (events []string, last string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.texts) > 0 {
		last = p.texts[len(p.texts)-1]
	}
	return slices.Clone(p.events), last
}

// sightDoc is a line of a watch.
type sightDoc struct {
	State    string    `json:"state"`
	Next     time.Time `json:"nextAt"`
	Refusals int       `json:"refusals"`
	Events   []string  `json:"events"`
	Launch   struct {
		Result string    `json:"result"`
		Ended  time.Time `json:"endedAt"`
	} `json:"launch"`
}

// launchWatch is a watch under way. What it prints goes into files of the
// operator's home, which are searched for secrets in the end.
type launchWatch struct {
	*launchDay
	running *running
}

func (d *launchDay) watch(t *testing.T, args ...string) *launchWatch {
	t.Helper()
	args = append([]string{"launch", "watch", cachedRepo, "--binder-url", d.binder, "--listen", "127.0.0.1:0"}, args...)
	return &launchWatch{d, d.start(t, func(c *exec.Cmd) {
		c.Stdout, c.Stderr = d.file(t, "watch.ndjson"), d.file(t, "watch.log")
	}, args...)}
}

// file is one in the operator's home that is written.
func (d *launchDay) file(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(d.home, name), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// last is the last whole line of the watch.
func (w *launchWatch) last(t *testing.T) (seen sightDoc, launches int) {
	t.Helper()
	for line := range strings.Lines(readFile(t, filepath.Join(w.home, "watch.ndjson"))) {
		if strings.HasSuffix(line, "\n") {
			if err := json.Unmarshal([]byte(line), &seen); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			launches++
		}
	}
	return seen, launches
}

var metricsAddress = regexp.MustCompile(`metrics at (http://\S+)/metrics`)

// page reads what the watch serves.
func (w *launchWatch) page(t *testing.T, path string) string {
	t.Helper()
	var address string
	eventually(t, "the watch serves", func() bool {
		found := metricsAddress.FindStringSubmatch(readFile(t, filepath.Join(w.home, "watch.log")))
		if found != nil {
			address = found[1]
		}
		return found != nil
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v\n%s", path, response.Status, err, text)
	}
	return string(text)
}

// isIn checks that the metrics say of the one target that it is in a state.
func (w *launchWatch) isIn(t *testing.T, state string) {
	t.Helper()
	metrics := w.page(t, "/metrics")
	for _, each := range []string{"unknown", "ok", "failing", "refused"} {
		is := 0
		if each == state {
			is = 1
		}
		want := fmt.Sprintf(`binderctl_launch_state\{[^}]*state="%s"\} %d\n`, each, is)
		if !regexp.MustCompile(want).MatchString(metrics) {
			t.Errorf("the target is not %s: no %s in\n%s", state, want, excerpt(metrics))
		}
	}
}

// watched lives through a morning with a watch: the Hub takes on no server and
// somebody is paged, once; it is mended and the all-clear comes; then BinderHub
// refuses launches, and is left alone.
func (d *launchDay) watched(t *testing.T) {
	t.Helper()
	before, pager := d.users(t), newPager(t)
	d.fault(t, "spawn-fails", "on")
	w := d.watch(t, "--interval", "10s", "--jitter", "0", "--fail-after", "2/3", "--recover-after", "1",
		"--alert-webhook", pager.URL+"/s3cr3t", "--on-fail", `umask 077; echo "$BINDERCTL_ALERT_EVENT: $BINDERCTL_ALERT_CAUSE" >> paged`)
	eventually(t, "somebody is paged", func() bool { events, _ := pager.told(); return len(events) > 0 })
	if _, text := pager.told(); !strings.Contains(text, "spawn request") || !strings.Contains(text, "hub status") {
		t.Errorf("the pager says neither where it broke nor what to do: %s", text)
	}
	w.isIn(t, "failing")
	d.fault(t, "spawn-fails", "off")
	eventually(t, "the all-clear is given", func() bool { events, _ := pager.told(); return len(events) > 1 })
	w.isIn(t, "ok")
	if text := w.page(t, "/healthz"); !strings.Contains(text, "ok") {
		t.Errorf("the watch is not well: %s", text)
	}

	d.fault(t, "rate-limit", "on")
	eventually(t, "a launch is refused", func() bool { seen, _ := w.last(t); return seen.Launch.Result == "refused" })
	w.isIn(t, "refused")
	d.fault(t, "rate-limit", "off")
	seen, launches := w.last(t)
	if wait := seen.Next.Sub(seen.Launch.Ended); seen.State != "refused" || seen.Refusals != 1 || wait < 9*time.Second {
		t.Errorf("it does not leave BinderHub alone: %+v", seen)
	}
	w.running.interrupt()
	w.running.wait().exits(0)

	// Failed twice, was well once, and was refused once.
	if launches != 4 {
		t.Errorf("%d launches, want 4", launches)
	}
	events, _ := pager.told()
	if want := []string{"failing", "recovered"}; !slices.Equal(events, want) {
		t.Errorf("the pager was told %q, want %q", events, want)
	}
	if got, want := readFile(t, filepath.Join(d.home, "paged")), "failing: Hub refuses the server\nrecovered: \n"; got != want {
		t.Errorf("the command was run with %q, want %q", got, want)
	}
	if log := readFile(t, filepath.Join(d.home, "watch.log")); strings.Contains(log, "s3cr3t") || !strings.HasSuffix(log, "stopped\n") {
		t.Errorf("it told the webhook's address, or does not end with a word:\n%s", log)
	}
	d.nothingLeft(t, before)
}
