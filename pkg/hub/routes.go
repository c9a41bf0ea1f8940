package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// A Proxy is the configurable-http-proxy in front of a Hub.
type Proxy struct{ api *Client }

// ConnectProxy prepares to ask the proxy of the client's namespace, with its own
// token from the Hub's Secret and through a tunnel to its pod.
func ConnectProxy(ctx context.Context, c *cluster.Client, opts Options) (*Proxy, error) {
	pod := likeliestPod(ctx, c)
	secret, err := readSecret(ctx, c, opts.Secret, pod)
	if err != nil {
		return nil, err
	}
	token, err := proxyToken(secret)
	if err != nil {
		return nil, err
	}
	gate, err := openGate(ctx, c, proxyOf(pod), proxyPort)
	if err != nil {
		return nil, err
	}
	return &Proxy{&Client{
		URL: &url.URL{Scheme: "http", Host: "proxy-api", Path: "/api/"}, token: token,
		http: newHTTPClient(&http.Transport{DialContext: gate.Dial, IdleConnTimeout: cluster.TunnelIdle}), close: gate.Close,
	}}, nil
}

// Close ends the tunnel.
func (p *Proxy) Close() error { return p.api.Close() }

// Routes asks for the servers that the proxy leads to. Routes to anything else,
// such as the Hub itself, are left out.
func (p *Proxy) Routes(ctx context.Context) (map[Key]bool, error) {
	var table map[string]struct {
		User   *string `json:"user"`
		Server string  `json:"server_name"`
	}
	_, err := p.api.ask(ctx, http.MethodGet, "routes", jsonType, patience, func(_ http.Header, body io.Reader) error {
		return json.NewDecoder(body).Decode(&table)
	})
	if err != nil {
		return nil, fmt.Errorf("list the proxy's routes: %w", err)
	}
	routes := make(map[Key]bool, len(table))
	for _, route := range table {
		if route.User != nil && askable(*route.User) {
			routes[Key{*route.User, route.Server}] = true
		}
	}
	return routes, nil
}
