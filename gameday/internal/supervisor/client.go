package supervisor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// Client speaks to a supervisor from another process.
type Client struct {
	http *http.Client
}

// NewClient returns a client of the supervisor that answers on socket.
func NewClient(socket string) *Client {
	return &Client{http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}
}

// Start starts a process.
func (c *Client) Start(ctx context.Context, spec Spec) (Process, error) {
	var process Process
	body, err := json.Marshal(spec)
	if err != nil {
		return process, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return process, c.call(ctx, http.MethodPost, "/processes", body, &process)
}

// Do has a verb, one of start, stop, pause and resume, done to a process.
func (c *Client) Do(ctx context.Context, verb, name string) (Process, error) {
	var process Process
	return process, c.call(ctx, http.MethodPost, "/processes/"+name+"/"+verb, nil, &process)
}

// Processes lists the processes in the order of their first start.
func (c *Client) Processes(ctx context.Context) ([]Process, error) {
	var processes []Process
	return processes, c.call(ctx, http.MethodGet, "/processes", nil, &processes)
}

func (c *Client) shutdown(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/shutdown", nil, nil)
}

func (c *Client) call(ctx context.Context, method, path string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://supervisor"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask supervisor: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("ask supervisor: %w", err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask supervisor: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask supervisor: %s", strings.TrimSpace(string(content)))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return fmt.Errorf("read supervisor's answer: %w", err)
	}
	return nil
}
