package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// findBrowser is a Chromium; "" if there is none. The Makefile has the same names.
func findBrowser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// mustFindBrowser is a Chromium. Without one the test fails in CI; elsewhere it is
// said that nothing was proved, by make at the end once more, as go test does not
// pass on what a test says that did not fail.
func mustFindBrowser(t *testing.T) string {
	t.Helper()
	browser := findBrowser()
	const how = "there is no Chromium here: make browser installs Debian's as root; or apt-get install chromium"
	if browser == "" && os.Getenv("CI") != "" {
		t.Fatal(how)
	}
	if browser == "" {
		fmt.Fprintf(os.Stderr, "NOTE: %s was NOT RUN: %s\n", t.Name(), how)
		t.Skip(how)
	}
	return browser
}

// browser is a headless Chromium and one page in it, spoken to by the DevTools
// protocol over two pipes: no port, no driver.
type browser struct {
	t       *testing.T
	to      io.WriteCloser
	session string

	mu      sync.Mutex
	last    int
	waiting map[int]chan devReply
	events  []happening
}

type devReply struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// happening is something that the page did.
type happening struct {
	Method string
	Params json.RawMessage
}

// openBrowser starts a browser that knows nothing and calls nobody.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	program := mustFindBrowser(t)
	command := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	toThem, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromThem, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command.ExtraFiles = []*os.File{toThem, theirs} // 3 and 4, where it expects them
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = toThem.Close(), theirs.Close()
	b := &browser{t: t, to: ours, waiting: map[int]chan devReply{}}
	go b.listen(fromThem)
	t.Cleanup(func() {
		_ = ours.Close()
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = fromThem.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// listen takes in answers and events; each ends with a zero byte.
func (b *browser) listen(from io.Reader) {
	in := bufio.NewReader(from)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var message struct {
			ID int
			devReply
			happening
		}
		if json.Unmarshal(text[:len(text)-1], &message) != nil {
			continue
		}
		b.mu.Lock()
		if waiting := b.waiting[message.ID]; message.ID != 0 && waiting != nil {
			waiting <- message.devReply
		} else {
			b.events = append(b.events, message.happening)
		}
		b.mu.Unlock()
	}
}

// call asks for something and reads the answer into result.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.mu.Lock()
	b.last++
	id, answered := b.last, make(chan devReply, 1)
	b.waiting[id] = answered
	b.mu.Unlock()
	request := map[string]any{"id": id, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	select {
	case a := <-answered:
		if a.Error != nil {
			b.t.Fatalf("%s: %s", method, a.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(a.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
	case <-time.After(patience):
		b.t.Fatalf("%s: the browser does not answer", method)
	}
}

// open shows a file, and returns when it is there.
func (b *browser) open(file string) {
	b.t.Helper()
	b.forget()
	b.call("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	eventually(b.t, "the page is there", func() bool { return len(b.seen("Page.loadEventFired")) > 0 })
}

// look is how the page is looked at.
func (b *browser) look(width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
}

// evaluate runs a script in the page.
func (b *browser) evaluate(script string, result any) {
	b.t.Helper()
	var said struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}, &said)
	if said.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", said.ExceptionDetails.Text, script)
	}
	if err := json.Unmarshal(said.Result.Value, result); err != nil {
		b.t.Fatal(errors.Join(err, errors.New(script)))
	}
}

func (b *browser) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = nil
}

// seen are the events of a kind since the page was opened.
func (b *browser) seen(method string) []happening {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []happening
	for _, e := range b.events {
		if e.Method == method {
			found = append(found, e)
		}
	}
	return found
}
