// Package control is how the commands of a game day speak to its processes: what
// they ask, what they are answered, and the faults that they begin and end.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Patience is how long a stand-in that is well may take to answer. It takes a
// moment; this leaves it some more on a machine that is busy.
const Patience = 10 * time.Second

// Client speaks to a process of the game day from another.
type Client struct {
	HTTP      *http.Client  // nil is the usual one
	URL       string        // of its control, which is secret; "" if there is no such process
	Whom      string        // it asks, in words
	Component string        // by which `gameday start` knows it; "" if it does not
	Patience  time.Duration // after which an answer is not waited for; 0 is never
}

// Faults lists the faults and which of them hold.
func (c Client) Faults(ctx context.Context) ([]FaultState, error) {
	var states []FaultState
	return states, c.Call(ctx, http.MethodGet, "/faults", nil, &states)
}

// Switch begins or ends a fault.
func (c Client) Switch(ctx context.Context, name string, on bool) error {
	state := "off"
	if on {
		state = "on"
	}
	return c.Call(ctx, http.MethodPost, "/faults/"+url.PathEscape(name)+"/"+state, nil, nil)
}

// Call asks and reads the answer, unless into is nil.
func (c Client) Call(ctx context.Context, method, path string, body []byte, into any) error {
	if c.URL == "" {
		return fmt.Errorf("ask %s: this game day has none; see %s in its scenario", c.Whom, c.Component)
	}
	content, err := c.send(ctx, method, path, body)
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.Whom, err)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.Whom, err)
	}
	return nil
}

// send asks, and returns the answer. Its errors do not tell the address.
func (c Client) send(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	if c.Patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Patience)
		defer cancel()
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("its address is not one")
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	if errors.Is(err, context.DeadlineExceeded) && c.Component != "" { // who is paused takes what it is told, and says nothing
		return nil, fmt.Errorf("no answer in time; if it is paused: gameday resume %s", c.Component)
	}
	if err != nil && c.Component != "" {
		return nil, fmt.Errorf("%w; if it is stopped: gameday start %s", err, c.Component)
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(content)))
	}
	return content, nil
}
