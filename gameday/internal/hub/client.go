package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Control speaks to the game day's Hub from another process.
type Control struct {
	URL string // of its control
}

// Faults lists the faults and which of them hold.
func (c Control) Faults(ctx context.Context) ([]FaultState, error) {
	var states []FaultState
	return states, c.call(ctx, http.MethodGet, "/faults", &states)
}

// Switch begins or ends a fault.
func (c Control) Switch(ctx context.Context, name string, on bool) ([]FaultState, error) {
	state := "off"
	if on {
		state = "on"
	}
	var states []FaultState
	return states, c.call(ctx, http.MethodPost, "/faults/"+name+"/"+state, &states)
}

// Judge asks how well the Hub knows its pods.
func (c Control) Judge(ctx context.Context) (*Judgement, error) {
	judgement := new(Judgement)
	return judgement, c.call(ctx, http.MethodGet, "/judgement", judgement)
}

func (c Control) call(ctx context.Context, method, path string, into any) error {
	if c.URL == "" {
		return errors.New("ask the Hub: this game day has none; see hub in its scenario")
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, nil)
	if err != nil {
		return fmt.Errorf("ask the Hub: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err // without the address, which is secret
	}
	if err != nil {
		return fmt.Errorf("ask the Hub: %w; if it is stopped: gameday start hub", err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask the Hub: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the Hub: %s", strings.TrimSpace(string(content)))
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("read the Hub's answer: %w", err)
	}
	return nil
}
