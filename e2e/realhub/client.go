package realhub

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Answer is what came of a request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// API is where a Hub's REST API is, real or not, without a slash at its end.
type API string

// Ask sends a request to the Hub with a token, and body as JSON unless it is
// nil.
func (h *Hub) Ask(ctx context.Context, token, method, path string, body any) (Answer, error) {
	return h.API.Ask(ctx, token, method, path, body)
}

// Ask sends a request with a token, and body as JSON unless it is nil.
func (a API) Ask(ctx context.Context, token, method, path string, body any) (Answer, error) {
	response, err := a.open(ctx, token, method, path, body)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return Answer{response.StatusCode, response.Header, text}, nil
}

func (a API) open(ctx context.Context, token, method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, string(a)+path, content)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "token "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return response, nil
}

// User is one of the Hub's.
type User struct {
	Name    string            `json:"name"`
	Pending string            `json:"pending"`
	Server  string            `json:"server"` // where it is; empty unless it is ready
	Servers map[string]Server `json:"servers"`
}

// Server is one of a user's; the default one has no name.
type Server struct {
	Ready   bool   `json:"ready"`
	Pending string `json:"pending"`
	Stopped bool   `json:"stopped"`
}

// User asks for one user. One that the Hub does not know is nil.
func (h *Hub) User(ctx context.Context, name string) (*User, error) {
	answer, err := h.Ask(ctx, h.Tokens.Ops, http.MethodGet, "/users/"+url.PathEscape(name), nil)
	if err != nil {
		return nil, err
	}
	switch answer.Status {
	case http.StatusOK:
		user := &User{}
		return user, json.Unmarshal(answer.Body, user)
	case http.StatusNotFound:
		return nil, nil
	}
	return nil, answer.problem("ask for user " + name)
}

// Create creates a user, as BinderHub does for each launch.
func (h *Hub) Create(ctx context.Context, name string) error {
	answer, err := h.Ask(ctx, h.Tokens.Binder, http.MethodPost, "/users/"+url.PathEscape(name), nil)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusCreated {
		return answer.problem("create user " + name)
	}
	return nil
}

// Spawn asks for a user's server, and waits for nothing.
func (h *Hub) Spawn(ctx context.Context, name string) (Answer, error) {
	options := map[string]string{
		"image": "registry.example/binder-examples-2drequirements-2d3b0a5f:50533eb", "token": "gdsecret-notebook",
		"repo_url": "https://github.com/binder-examples/requirements", "binder_request": "v2/gh/binder-examples/requirements/50533eb",
		"binder_ref_url": "https://github.com/binder-examples/requirements/tree/50533eb", "binder_launch_host": "https://mybinder.org/",
	}
	return h.Ask(ctx, h.Tokens.Binder, http.MethodPost, "/users/"+url.PathEscape(name)+"/servers/", options)
}

// Launch launches a server for a new user as BinderHub does, and returns when
// it is ready or has failed.
func (h *Hub) Launch(ctx context.Context, name string) error {
	if err := h.Create(ctx, name); err != nil {
		return err
	}
	answer, err := h.Spawn(ctx, name)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusCreated && answer.Status != http.StatusAccepted {
		return answer.problem("launch server of " + name)
	}
	return h.Progress(ctx, name)
}

// Progress follows a launch to its end. An error is why it failed.
func (h *Hub) Progress(ctx context.Context, name string) error {
	path := "/users/" + url.PathEscape(name) + "/server/progress"
	response, err := h.API.open(ctx, h.Tokens.Binder, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, isEvent := strings.CutPrefix(lines.Text(), "data: ")
		if !isEvent {
			continue
		}
		var event struct {
			Ready   bool   `json:"ready"`
			Failed  bool   `json:"failed"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			return fmt.Errorf("read progress of %s: %w", name, err)
		}
		switch {
		case event.Ready:
			return nil
		case event.Failed:
			return fmt.Errorf("launch server of %s: %s", name, event.Message)
		}
	}
	return errors.Join(fmt.Errorf("launch server of %s: its progress ended with HTTP %d", name, response.StatusCode), lines.Err())
}

// StopServer asks the Hub to stop a user's server.
func (h *Hub) StopServer(ctx context.Context, name string) (Answer, error) {
	return h.Ask(ctx, h.Tokens.Binder, http.MethodDelete, "/users/"+url.PathEscape(name)+"/server", nil)
}

// DeleteUser asks the Hub to forget a user.
func (h *Hub) DeleteUser(ctx context.Context, name string) (Answer, error) {
	return h.Ask(ctx, h.Tokens.Binder, http.MethodDelete, "/users/"+url.PathEscape(name), nil)
}

func (a Answer) problem(what string) error {
	return fmt.Errorf("%s: the Hub answered %d: %s", what, a.Status, bytes.TrimSpace(a.Body))
}
