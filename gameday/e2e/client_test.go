package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// info is what a game day tells of itself.
type info struct {
	BinderPort, PublicPort, RedirectorPort, MemberPort int
	BinderControl                                      string
}

func (g gameday) info(t *testing.T) info {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(g.dir, "info.json"))
	if err != nil {
		t.Fatal(err)
	}
	var told info
	if err := json.Unmarshal(content, &told); err != nil {
		t.Fatal(err)
	}
	return told
}

func at(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// answer is what came of a request to launch.
type answer struct {
	code   int
	header http.Header
	body   string // of an answer that is no stream
	events []map[string]any
	ended  bool // by the server
	broken bool // in the middle of a frame
}

func (a answer) last() map[string]any {
	if len(a.events) == 0 {
		return map[string]any{}
	}
	return a.events[len(a.events)-1]
}

func text(event map[string]any, key string) string {
	value, _ := event[key].(string)
	return value
}

// String is all that was said.
func (a answer) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d %s", a.code, a.body)
	for _, event := range a.events {
		fmt.Fprintf(&out, "\n%v: %v", event["phase"], event["message"])
	}
	return out.String()
}

// launch asks for a launch and reads until the last event that means anything, or
// until the time is over.
func launch(t *testing.T, url string, within time.Duration) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer response.Body.Close()
	got := answer{code: response.StatusCode, header: response.Header}
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		body, _ := io.ReadAll(response.Body)
		got.body = string(body)
		return got
	}
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			got.ended, got.broken = ctx.Err() == nil, strings.HasPrefix(line, "data:")
			return got
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			got.body += line // comments
			continue
		}
		var event map[string]any
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			t.Fatalf("this is no event: %q", line)
		}
		got.events = append(got.events, event)
		if phase := text(event, "phase"); phase == "ready" || phase == "failed" {
			return got
		}
	}
}

// ask asks a user's server for something.
func ask(t *testing.T, method, url, token string) (int, map[string]any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "token "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	var body map[string]any
	_ = json.NewDecoder(response.Body).Decode(&body) // not all have one
	return response.StatusCode, body
}

// compute has a new kernel of a server run a cell, and returns what it printed
// and how its execution ended ("" if it did not).
func compute(t *testing.T, server, token, code string) (printed, status string) {
	t.Helper()
	created, kernel := ask(t, http.MethodPost, server+"api/kernels", token)
	if created != http.StatusCreated {
		t.Fatalf("starting a kernel was answered with %d", created)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	channels := "ws" + strings.TrimPrefix(server, "http") + "api/kernels/" + text(kernel, "id") + "/channels"
	conn, _, err := websocket.Dial(ctx, channels, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"token " + token}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	request, err := json.Marshal(map[string]any{
		"header":        map[string]any{"msg_id": "ask-1", "msg_type": "execute_request", "session": "s", "username": "u", "version": "5.3"},
		"parent_header": map[string]any{}, "metadata": map[string]any{}, "channel": "shell", "buffers": []any{},
		"content": map[string]any{"code": code, "silent": false, "store_history": true, "user_expressions": map[string]any{}, "allow_stdin": false},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(ctx, websocket.MessageText, request); err != nil {
		t.Fatal(err)
	}
	for {
		_, content, err := conn.Read(ctx)
		if err != nil {
			return printed, "" // it hung up, or says nothing
		}
		var said struct {
			Header struct {
				Type string `json:"msg_type"`
			} `json:"header"`
			Parent struct {
				ID string `json:"msg_id"`
			} `json:"parent_header"`
			Content map[string]any `json:"content"`
		}
		if err := json.Unmarshal(content, &said); err != nil {
			t.Fatalf("this is no message: %s", content)
		}
		switch {
		case said.Header.Type == "status" && text(said.Content, "execution_state") == "dead":
			return printed, "dead"
		case said.Parent.ID != "ask-1":
		case said.Header.Type == "stream":
			printed += text(said.Content, "text")
		case said.Header.Type == "execute_reply":
			return printed, text(said.Content, "status")
		}
	}
}
