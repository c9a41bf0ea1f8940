package launchtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// kernel is a kernel of a user's server and the channel to it.
type kernel struct {
	server   *server
	id       string
	session  string
	language string
	channel  *websocket.Conn
}

// mostMessage is how much a kernel may say at once, in bytes.
const mostMessage = 1 << 20

// startKernel starts the server's default kernel and waits until it answers.
func startKernel(ctx context.Context, s *server) (*kernel, error) {
	var made struct {
		ID string `json:"id"`
	}
	if err := s.ask(ctx, http.MethodPost, "api/kernels", struct{}{}, &made); err != nil {
		return nil, err
	}
	if made.ID == "" {
		return nil, errors.New("the server names no kernel")
	}
	k := &kernel{server: s, id: made.ID, session: nonce()}
	if err := k.open(ctx); err != nil {
		return k, &channelError{err}
	}
	if err := k.greet(ctx); err != nil {
		return k, &channelError{err}
	}
	return k, nil
}

// channelError is that a kernel was started and cannot be spoken to.
type channelError struct{ error }

func (e *channelError) Unwrap() error { return e.error }

// open opens the kernel's channels.
func (k *kernel) open(ctx context.Context) error {
	address := k.server.url.JoinPath("api/kernels", k.id, "channels")
	address.RawQuery = url.Values{"session_id": {k.session}}.Encode()
	header := http.Header{}
	k.server.sign(header)
	header.Del("Content-Type")
	channel, response, err := websocket.Dial(ctx, address.String(), &websocket.DialOptions{HTTPClient: k.server.http, HTTPHeader: header})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return &answerError{code: response.StatusCode, to: location(response)}
		}
		return err
	}
	channel.SetReadLimit(mostMessage)
	k.channel = channel
	return nil
}

// message is one of Jupyter's messages, as far as it is used.
type message struct {
	Channel      string          `json:"channel"`
	Header       header          `json:"header"`
	ParentHeader header          `json:"parent_header"`
	Metadata     struct{}        `json:"metadata"`
	Content      json.RawMessage `json:"content"`
	Buffers      []string        `json:"buffers"`
}

type header struct {
	ID       string `json:"msg_id,omitempty"`
	Type     string `json:"msg_type,omitempty"`
	Session  string `json:"session,omitempty"`
	Username string `json:"username,omitempty"`
	Date     string `json:"date,omitempty"`
	Version  string `json:"version,omitempty"`
}

// protocol is the version of Jupyter's messages that is spoken; kernels take all
// of version 5 alike.
const protocol = "5.3"

// send sends the kernel a message and returns its number.
func (k *kernel) send(ctx context.Context, kind string, content any) (string, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	id := nonce()
	return id, wsjson.Write(ctx, k.channel, message{
		Channel: "shell", Content: text, Buffers: []string{},
		Header: header{ID: id, Type: kind, Session: k.session, Username: "binderctl", Version: protocol},
	})
}

// hear gives each message that answers what was asked to take until that returns
// true.
func (k *kernel) hear(ctx context.Context, asked func(id string) bool, take func(message) (done bool, err error)) error {
	for {
		kind, text, err := k.channel.Read(ctx)
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return err
		}
		var said message
		if kind != websocket.MessageText || json.Unmarshal(text, &said) != nil {
			continue
		}
		if said.tellsOfDeath() {
			return errDied
		}
		if !asked(said.ParentHeader.ID) {
			continue
		}
		if done, err := take(said); done || err != nil {
			return err
		}
	}
}

// errDied means that a kernel has died, of which its server tells.
var errDied = errors.New("it died")

// tellsOfDeath reports whether a server says that the kernel has died; it mostly
// starts another then.
func (m *message) tellsOfDeath() bool {
	var status struct {
		State string `json:"execution_state"`
	}
	if m.Header.Type != "status" || json.Unmarshal(m.Content, &status) != nil {
		return false
	}
	return status.State == "restarting" || status.State == "autorestarting" || status.State == "dead"
}

// greetAgain is after how long a kernel is asked anew who it is: one that is
// just starting loses what it is told.
const greetAgain = 5 * time.Second

// greet waits until the kernel says who it is.
func (k *kernel) greet(ctx context.Context) error {
	first, err := k.send(ctx, "kernel_info_request", struct{}{})
	if err != nil {
		return err
	}
	asked := make(chan string, 100)
	asked <- first
	var asking sync.WaitGroup
	resting, stop := context.WithCancel(ctx)
	defer asking.Wait()
	defer stop()
	asking.Go(func() {
		for pause(resting, greetAgain) == nil {
			// A question that is on its way is not called back: that would end the channel.
			if id, err := k.send(ctx, "kernel_info_request", struct{}{}); err == nil {
				select {
				case asked <- id:
				default:
				}
			}
		}
	})
	return k.introduced(ctx, asked)
}

// introduced hears any answer to any of the questions who it is.
func (k *kernel) introduced(ctx context.Context, asked <-chan string) error {
	ids := map[string]bool{}
	return k.hear(ctx, func(id string) bool {
		for len(asked) > 0 {
			ids[<-asked] = true
		}
		return ids[id]
	}, func(m message) (bool, error) {
		var who struct {
			Language struct {
				Name string `json:"name"`
			} `json:"language_info"`
		}
		if m.Header.Type == "kernel_info_reply" && json.Unmarshal(m.Content, &who) == nil {
			k.language = strings.ToLower(who.Language.Name)
			return true, nil
		}
		return false, nil
	})
}

// errWrong means that a kernel has answered, and something else.
var errWrong = errors.New("that is not what it was asked")

// compute has the kernel compute something that it cannot have at hand, and
// compares the answer. It reports false if its language is not known here.
func (k *kernel) compute(ctx context.Context) (bool, error) {
	sum := newSum()
	code := sum.code(k.language)
	if code == "" {
		return false, nil
	}
	id, err := k.send(ctx, "execute_request", map[string]any{
		"code": code, "silent": false, "store_history": false, "user_expressions": struct{}{},
		"allow_stdin": false, "stop_on_error": true,
	})
	if err != nil {
		return false, err
	}
	var said strings.Builder
	replied, idle := false, false
	err = k.hear(ctx, func(other string) bool { return other == id }, func(m message) (bool, error) {
		var content struct {
			Text  string `json:"text"`
			State string `json:"execution_state"`
			Name  string `json:"ename"`
			Value string `json:"evalue"`
		}
		_ = json.Unmarshal(m.Content, &content) // what cannot be read has nothing to say
		switch m.Header.Type {
		case "stream":
			if said.Len() < mostMessage {
				said.WriteString(content.Text)
			}
		case "error":
			return true, fmt.Errorf("%w: it raised %s: %s", errWrong, cut(content.Name, mostTitle), cut(content.Value, mostTitle))
		case "status":
			idle = idle || content.State == "idle"
		case "execute_reply":
			replied = true
		}
		return sum.in(said.String()) || replied && idle, nil
	})
	if err == nil && !sum.in(said.String()) {
		err = fmt.Errorf("%w: asked for %d times %d it printed %q", errWrong, sum.a, sum.b, cut(said.String(), mostTitle))
	}
	return err == nil, err
}

// close ends the channel. The kernel itself ends with its server.
func (k *kernel) close() {
	if k.channel != nil {
		_ = k.channel.CloseNow() // what was to be heard was heard
	}
}
