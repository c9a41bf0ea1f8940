package jupyter

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// protocol is the version of Jupyter's messages.
const protocol = "5.3"

// longestMessage is the most that a kernel reads at once, in bytes.
const longestMessage = 10 << 20

// header says what a message is.
type header struct {
	ID       string `json:"msg_id"`
	Type     string `json:"msg_type"`
	Username string `json:"username"`
	Session  string `json:"session"`
	Date     string `json:"date"`
	Version  string `json:"version"`
}

// message is one of Jupyter's, in JSON.
type message struct {
	Header   header         `json:"header"`
	ID       string         `json:"msg_id,omitempty"`
	Type     string         `json:"msg_type,omitempty"`
	Parent   any            `json:"parent_header"`
	Metadata map[string]any `json:"metadata"`
	Content  map[string]any `json:"content"`
	Buffers  []any          `json:"buffers"`
	Channel  string         `json:"channel"`
	raw      json.RawMessage
}

func (k *kernel) message(kind, channel string, content map[string]any, because *message) *message {
	id := identity()
	made := &message{
		Header: header{ID: id, Type: kind, Username: "username", Session: k.self, Date: stamp(k.server.now()), Version: protocol},
		ID:     id, Type: kind, Metadata: map[string]any{}, Content: content, Buffers: []any{}, Channel: channel,
		Parent: map[string]any{},
	}
	if because != nil {
		made.Parent = because.raw // as it was asked, unknown fields included
	}
	return made
}

// client is a connection to a kernel.
type client struct {
	out  chan *message
	over context.CancelFunc
}

// pending is how many messages may wait for a client that does not read.
const pending = 256

func (c *client) send(what *message) {
	select {
	case c.out <- what:
	default:
		c.over() // it reads too slowly
	}
}

// channels connects a client with a kernel.
func (s *server) channels(w http.ResponseWriter, r *http.Request) {
	k := s.kernel(r)
	if k == nil {
		complain(w, http.StatusNotFound, "Kernel does not exist: "+r.PathValue("id"))
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // BinderHub's servers allow every origin
	if err != nil {
		return // it was told
	}
	conn.SetReadLimit(longestMessage)
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	c := &client{out: make(chan *message, pending), over: cancel}
	k.mu.Lock()
	k.clients[c] = struct{}{}
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.clients, c)
		k.mu.Unlock()
	}()
	asked := make(chan *message, pending)
	go func() {
		defer cancel()
		c.read(ctx, conn, asked)
	}()
	go c.work(ctx, k, asked)
	c.write(ctx, conn, k)
}

// read passes on what the client says.
func (c *client) read(ctx context.Context, conn *websocket.Conn, asked chan<- *message) {
	for {
		_, content, err := conn.Read(ctx)
		if err != nil {
			return
		}
		parsed := new(message)
		var header struct {
			Header json.RawMessage `json:"header"`
		}
		if json.Unmarshal(content, parsed) != nil || json.Unmarshal(content, &header) != nil {
			continue // Jupyter Server logs it and goes on
		}
		parsed.raw = header.Header
		select {
		case asked <- parsed:
		case <-ctx.Done():
			return
		}
	}
}

func (c *client) work(ctx context.Context, k *kernel, asked <-chan *message) {
	for {
		select {
		case one := <-asked:
			k.handle(c, one)
		case <-ctx.Done():
			return
		}
	}
}

// write sends what is to be sent until one side ends.
func (c *client) write(ctx context.Context, conn *websocket.Conn, k *kernel) {
	defer func() { _ = conn.CloseNow() }() // closed already, perhaps
	for {
		select {
		case one := <-c.out:
			content, err := json.Marshal(one)
			if err != nil {
				return // it is known to be JSON
			}
			within, done := context.WithTimeout(ctx, time.Minute)
			err = conn.Write(within, websocket.MessageText, content)
			done()
			if err != nil {
				return
			}
		case <-k.over:
			_ = conn.Close(websocket.StatusNormalClosure, "")
			return
		case <-ctx.Done():
			return
		}
	}
}
