package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// webhookTime is how long a webhook may take to answer.
const webhookTime = 10 * time.Second

// Webhook posts alerts as JSON. Its address is a secret: whoever knows it may
// post there. No error tells it.
type Webhook struct {
	url    string
	agent  string
	client *http.Client
}

// NewWebhook prepares to post to an address. It follows no redirect: an alert
// goes where it was sent.
func NewWebhook(address, agent string, transport http.RoundTripper) *Webhook {
	return &Webhook{url: address, agent: agent, client: &http.Client{
		Transport: transport, Timeout: webhookTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Name is what a webhook is called in messages and metrics.
func (w *Webhook) Name() string { return "webhook" }

// Send posts an alert.
func (w *Webhook) Send(ctx context.Context, alert Alert) error {
	body, err := payload(alert)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFinal, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post the alert: %w: the address is not valid", ErrFinal)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", w.agent)
	response, err := w.client.Do(request)
	if err != nil {
		return fmt.Errorf("post the alert: %w", cluster.WithoutAddress(err))
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // so that the connection can be used again
	return verdict(response)
}

// verdict is what an answer means.
func verdict(response *http.Response) error {
	code := response.StatusCode
	err := fmt.Errorf("post the alert: the answer was %d %s", code, http.StatusText(code))
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return pauseError{err, cluster.RetryAfter(response.Header)}
	default:
		return fmt.Errorf("%w: %w", err, ErrFinal)
	}
}

// payload is an alert as JSON. Its field "text" is what Slack, Mattermost and
// others show. They give some signs a meaning ("<!channel>" and "@all" call
// everybody, "[text](address)" hides where it leads), which a text from a cluster
// must not have: a space of no width parts them.
func payload(alert Alert) ([]byte, error) {
	const apart = "\u200b"
	alert.Text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@"+apart, "](", "]"+apart+"(").Replace(alert.Text)
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(alert)
	return body.Bytes(), err
}
