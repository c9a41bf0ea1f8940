package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Options say how to reach a Hub. With none of them it is found from the
// cluster alone: the token in the Hub's Secret, the Hub through a tunnel to its
// pod. (The API server's own proxy to services is no way: it drops the header
// that carries the token.)
type Options struct {
	URL      string // of the Hub, with or without /hub/api; "" is the Hub of the client's namespace
	Token    string // "" is the one in the Secret
	Secret   string // its name; "" is the one that the chart makes
	TokenKey string // in the Secret; "" is the first that is known to hold one
	Pinned   bool   // never go over to another hub pod when the first has gone
	Unready  bool   // ask a hub pod that runs also if it is not ready; nothing is to be done on its word
}

// Connect prepares to ask the Hub of the client's namespace. Close ends what it
// opens. Without a URL it reads pods and a Secret and opens a tunnel; what it
// finds wrong is one of this package's errors.
func Connect(ctx context.Context, c *cluster.Client, opts Options) (*Client, error) {
	if opts.URL != "" {
		return connectTo(ctx, c, opts)
	}
	find := findPod(Pod)
	if opts.Unready {
		find = runningPod
	}
	pod, err := find(ctx, c)
	if err != nil {
		return nil, err
	}
	secret, secretErr := readSecret(ctx, c, opts.Secret, pod)
	token, guessed, err := opts.Token, "", error(nil)
	settings := Defaults()
	switch {
	case secretErr == nil:
		settings = settingsOf(secret)
		if token == "" {
			token, guessed, err = tokenOf(secret, opts.TokenKey)
		}
	case token == "":
		err = secretErr
	}
	if err != nil {
		return nil, err
	}
	if opts.Pinned {
		find = stillPod(pod.UID)
	}
	gate, err := openGate(ctx, c, find, apiPort)
	if err != nil {
		return nil, err
	}
	address := &url.URL{Scheme: "http", Host: "hub", Path: settings.BaseURL + "hub/api/"}
	return &Client{
		URL: address, Via: "a tunnel to pod " + pod.Name, Settings: settings, Guessed: guessed, token: token,
		http: newHTTPClient(&http.Transport{DialContext: gate.Dial, IdleConnTimeout: cluster.TunnelIdle}), close: gate.Close,
	}, nil
}

const (
	apiPort   = 8081 // of the hub pod (z2jh's)
	proxyPort = 8001 // of the proxy pod: configurable-http-proxy's own API (z2jh's)
)

// openGate opens the way to a port of a pod. That the pod takes no tunnel means
// that nobody answers there.
func openGate(ctx context.Context, c *cluster.Client, find findPod, port int) (*cluster.Gateway, error) {
	gate, err := c.OpenGateway(ctx, func(ctx context.Context, c *cluster.Client) (*corev1.Pod, int, error) {
		pod, err := find(ctx, c)
		return pod, port, err
	})
	if _, shut := errors.AsType[*cluster.TunnelError](err); shut {
		return nil, unreachableError{err}
	}
	return gate, err
}

// findPod finds a pod of the client's namespace.
type findPod func(context.Context, *cluster.Client) (*corev1.Pod, error)

// connectTo prepares to ask a Hub at a URL. The Secret is read only if it is to
// give the token.
func connectTo(ctx context.Context, c *cluster.Client, opts Options) (*Client, error) {
	address, err := apiURL(opts.URL)
	if err != nil {
		return nil, err
	}
	client := &Client{
		URL: address, Via: address.Redacted(), Settings: Defaults(), token: opts.Token,
		http: newHTTPClient(&http.Transport{Proxy: http.ProxyFromEnvironment}), close: func() error { return nil },
	}
	if client.token != "" {
		return client, nil
	}
	if opts.Secret == "" && opts.TokenKey == "" { // a token of one Hub is nothing to tell another
		return nil, fmt.Errorf("%w at %s: give it one", ErrNoToken, client.Via)
	}
	secret, err := readSecret(ctx, c, opts.Secret, nil)
	if err != nil {
		return nil, err
	}
	client.Settings = settingsOf(secret)
	client.token, client.Guessed, err = tokenOf(secret, opts.TokenKey)
	return client, err
}

// apiURL completes the address of a Hub to that of its API.
func apiURL(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("the Hub's URL %q: want one such as https://hub.example.org", text)
	}
	path := strings.TrimSuffix(address.Path, "/")
	switch {
	case strings.HasSuffix(path, "/hub/api"):
	case strings.HasSuffix(path, "/hub"):
		path += "/api"
	default:
		path += "/hub/api"
	}
	return &url.URL{Scheme: address.Scheme, Host: address.Host, Path: path + "/"}, nil
}
