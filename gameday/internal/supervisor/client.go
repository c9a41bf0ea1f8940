package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	"github.com/binderctl/binderctl/gameday/internal/control"
)

// Client speaks to a supervisor from another process.
type Client struct {
	control control.Client
}

// NewClient returns a client of the supervisor that answers on socket.
func NewClient(socket string) *Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	return &Client{control.Client{HTTP: &http.Client{Transport: transport}, URL: "http://supervisor", Whom: "supervisor"}}
}

// Start starts a process.
func (c *Client) Start(ctx context.Context, spec Spec) (Process, error) {
	var process Process
	body, err := json.Marshal(spec)
	if err != nil {
		return process, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return process, c.control.Call(ctx, http.MethodPost, "/processes", body, &process)
}

// Do has a verb, one of start, stop, pause and resume, done to a process.
func (c *Client) Do(ctx context.Context, verb, name string) (Process, error) {
	var process Process
	return process, c.control.Call(ctx, http.MethodPost, "/processes/"+name+"/"+verb, nil, &process)
}

// Processes lists the processes in the order of their first start.
func (c *Client) Processes(ctx context.Context) ([]Process, error) {
	var processes []Process
	return processes, c.control.Call(ctx, http.MethodGet, "/processes", nil, &processes)
}

func (c *Client) shutdown(ctx context.Context) error {
	return c.control.Call(ctx, http.MethodPost, "/shutdown", nil, nil)
}
