package binder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/record"
)

// control answers the game day's own commands.
func (b *Binder) control() http.Handler {
	mux := http.NewServeMux()
	base := "/" + b.config.ControlKey
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET "+base+"/faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, b.troubles.states(), nil) })
	mux.HandleFunc("POST "+base+"/faults/{name}/{state}", func(w http.ResponseWriter, r *http.Request) {
		err := b.troubles.turn(r.PathValue("name"), r.PathValue("state") == "on")
		reply(w, b.troubles.states(), err)
	})
	mux.HandleFunc("GET "+base+"/record", func(w http.ResponseWriter, _ *http.Request) { reply(w, b.book.Spans(), nil) })
	mux.HandleFunc("POST "+base+"/jupyter", func(w http.ResponseWriter, r *http.Request) {
		reply(w, struct{}{}, b.servers.Put(r.FormValue("user"), r.FormValue("url")))
	})
	return mux
}

func reply(w http.ResponseWriter, answer any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	respond(w, http.StatusOK, answer)
}

// Control speaks to the game day's BinderHub from another process.
type Control struct {
	URL string // of its control
}

// Faults lists the faults and which of them hold.
func (c Control) Faults(ctx context.Context) ([]Fault, error) {
	var states []Fault
	return states, c.call(ctx, http.MethodGet, "/faults", nil, &states)
}

// Switch begins or ends a fault.
func (c Control) Switch(ctx context.Context, name string, on bool) ([]Fault, error) {
	state := "off"
	if on {
		state = "on"
	}
	var states []Fault
	return states, c.call(ctx, http.MethodPost, "/faults/"+url.PathEscape(name)+"/"+state, nil, &states)
}

// Record is when each stage of each launch really began and ended.
func (c Control) Record(ctx context.Context) ([]record.Span, error) {
	var spans []record.Span
	return spans, c.call(ctx, http.MethodGet, "/record", nil, &spans)
}

// Put puts a real Jupyter server behind a user's address, or behind those of all
// users for "".
func (c Control) Put(ctx context.Context, user, address string) error {
	return c.call(ctx, http.MethodPost, "/jupyter", url.Values{"user": {user}, "url": {address}}, &struct{}{})
}

func (c Control) call(ctx context.Context, method, path string, form url.Values, into any) error {
	if c.URL == "" {
		return errors.New("ask BinderHub: this game day has none; see binder in its scenario")
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("ask BinderHub: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask BinderHub: %w; if it is stopped: gameday start binder", err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask BinderHub: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask BinderHub: %s", strings.TrimSpace(string(content)))
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("read BinderHub's answer: %w", err)
	}
	return nil
}
