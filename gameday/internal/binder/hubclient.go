package binder

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
	"time"

	"github.com/binderctl/binderctl/gameday/internal/pause"
)

// hubClient is how BinderHub asks the Hub.
type hubClient struct {
	base, token string
	retries     int
	delay       time.Duration // before the first retry; doubled each time
}

// statusError is an answer that is an error.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("the Hub answered %d", int(s)) }

// retry has a request made again when the Hub does not answer, or with an error
// of its own.
func (h *hubClient) retry(ctx context.Context, do func(attempt int) error) error {
	delay := h.delay
	for attempt := 1; ; attempt++ {
		err := do(attempt)
		var status statusError
		if err == nil || errors.As(err, &status) && status < http.StatusInternalServerError || attempt == h.retries {
			return err
		}
		if !pause.For(ctx, delay) {
			return ctx.Err()
		}
		delay *= 2
	}
}

func (h *hubClient) createUser(ctx context.Context, user string) error {
	return h.retry(ctx, func(attempt int) error {
		err := h.post(ctx, "users/"+url.PathEscape(user), nil)
		var status statusError
		if attempt > 1 && errors.As(err, &status) && status == http.StatusConflict {
			return nil // the attempt before had made it
		}
		return err
	})
}

func (h *hubClient) startServer(ctx context.Context, user string, options map[string]any) error {
	return h.retry(ctx, func(int) error {
		return h.post(ctx, "users/"+url.PathEscape(user)+"/servers/", options)
	})
}

func (h *hubClient) post(ctx context.Context, path string, body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	response, err := h.send(ctx, http.MethodPost, path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
	return response.Body.Close()
}

func (h *hubClient) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, h.base+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "token "+h.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		_ = response.Body.Close() // nobody reads it
		return nil, statusError(response.StatusCode)
	}
	return response, nil
}

// progress is an event of the Hub's about a server that starts.
type progress struct {
	Message string `json:"message"`
	Ready   bool   `json:"ready"`
	Failed  bool   `json:"failed"`
}

// toldError is one that who reads the Hub's events has made of them.
type toldError struct{ error }

// progress reads what the Hub tells of a server that starts.
func (h *hubClient) progress(ctx context.Context, user string, see func(progress) error) error {
	response, err := h.send(ctx, http.MethodGet, "users/"+url.PathEscape(user)+"/server/progress", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok {
			continue
		}
		var report progress
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			return err
		}
		if err := see(report); err != nil {
			return &toldError{err}
		}
		if report.Ready {
			return nil
		}
	}
	return lines.Err()
}
