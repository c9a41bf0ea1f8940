// Package cluster is binderctl's way to a Kubernetes cluster that runs a
// BinderHub, and the one place that knows BinderHub's vocabulary: which pods
// are users' servers, builds or the Hub itself, whose they are, and which
// repository they run.
//
// The other packages under pkg build on it. It returns data; it never prints,
// prompts, exits, or reads flags or the clock.
package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Client is a connection to one cluster, with the namespace to work in.
type Client struct {
	// Kube speaks protobuf and is not throttled on this side; use a Pacer for
	// more than a handful of requests.
	Kube kubernetes.Interface
	// Meta reads objects' metadata alone, which is a tenth of the bytes.
	Meta metadata.Interface
	// Where says which cluster this is, to show to the operator.
	Where Location
	// Now is the clock.
	Now func() time.Time

	requests *requestLog
	shared   *sharedLists  // of a client that several read with; else nil
	config   *rest.Config  // for tunnels; nil of a client that Connect did not make
	patience time.Duration // with a tunnel that does not open; 0 is for ever
}

// Location names a cluster and a place in it, as an operator knows them.
type Location struct {
	Context   string `json:"context"`
	Server    string `json:"server"`
	Namespace string `json:"namespace"`
}

// Options are what Connect needs beside the kubeconfig.
type Options struct {
	// Context is the kubeconfig's context that a flag chose, or "".
	Context string
	// UserAgent is how the API server's audit log will know binderctl.
	UserAgent string
	// Warn receives each warning that the API server sends, once.
	Warn func(text string)
	// Now is the clock.
	Now func() time.Time
}

// ErrNoConfig means that there is no kubeconfig, or none that names a cluster.
var ErrNoConfig = errors.New("no cluster is configured")

// NoContextError is ErrNoConfig where the kubeconfig has contexts, and none of them
// was chosen or is the current one.
type NoContextError struct {
	Contexts []string // there are, by name
}

func (*NoContextError) Error() string { return "no cluster is chosen: there is no current context" }

// Unwrap is ErrNoConfig.
func (*NoContextError) Unwrap() error { return ErrNoConfig }

// nobodysServer is what client-go falls back on when nothing names a cluster.
const nobodysServer = "http://localhost:8080"

// Connect prepares a client from a kubeconfig with its overrides. It reads
// files and may run a credential plugin, but does not yet talk to the server.
// A missing or empty kubeconfig is ErrNoConfig, one
// without a current context a NoContextError.
func Connect(loader clientcmd.ClientConfig, opts Options) (*Client, error) {
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) || err == nil && config.Host == nobodysServer {
		return nil, noConfig(loader)
	}
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	where, err := locate(loader, config, opts.Context)
	if err != nil {
		return nil, err
	}
	tunnels := rest.CopyConfig(config) // before the transport is wrapped: a tunnel is not one long answer
	tunnels.UserAgent = opts.UserAgent
	requests := prepare(config, opts)
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("prepare client for %s: %w", where.Server, err)
	}
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("prepare metadata client for %s: %w", where.Server, err)
	}
	return &Client{Kube: kube, Meta: meta, Where: where, Now: opts.Now, requests: requests, config: tunnels, patience: tunnels.Timeout}, nil
}

// noConfig is why no cluster is known: nothing is configured, or nothing chosen.
func noConfig(loader clientcmd.ClientConfig) error {
	raw, err := loader.RawConfig()
	if err != nil || len(raw.Contexts) == 0 || raw.CurrentContext != "" {
		return ErrNoConfig
	}
	return &NoContextError{slices.Sorted(maps.Keys(raw.Contexts))}
}

// prepare sets how requests are made: protobuf, no throttle of our own, a name
// for the audit log, warnings passed on, a limit on silence, and a shorter one on
// a server that cannot be reached at all.
func prepare(config *rest.Config, opts Options) *requestLog {
	config.UserAgent = opts.UserAgent
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.QPS = -1
	config.WarningHandler = onceEach(opts.Warn)

	patience := config.Timeout
	config.Timeout = 0 // client-go's would also end a watch that is going well
	requests := &requestLog{}
	config.Wrap(patientTransport(patience, requests, opts.Now))
	config.Wrap((&contact{now: opts.Now}).transport())
	return requests
}

// locate names the cluster and the namespace; the namespace is "" if neither a
// flag nor the context gives one.
func locate(loader clientcmd.ClientConfig, config *rest.Config, chosen string) (Location, error) {
	namespace, given, err := loader.Namespace()
	if err != nil {
		return Location{}, fmt.Errorf("read namespace from kubeconfig: %w", err)
	}
	raw, err := loader.RawConfig()
	if err != nil {
		return Location{}, fmt.Errorf("read kubeconfig: %w", err)
	}
	name := cmp.Or(chosen, raw.CurrentContext)
	if kube := raw.Contexts[name]; !given && (kube == nil || kube.Namespace == "") {
		namespace = ""
	}
	return Location{Context: name, Server: withoutSecrets(config.Host), Namespace: namespace}, nil
}

// withoutSecrets drops a password that somebody put into a server's address.
func withoutSecrets(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.User == nil {
		return address
	}
	parsed.User = nil
	return parsed.String()
}

// ClockSkew is how far this machine's clock is ahead of the server's, by the
// latest answer; 0 before there was one, or of a client that Connect did not
// make. The server tells whole seconds.
func (c *Client) ClockSkew() time.Duration {
	if c.requests == nil {
		return 0
	}
	return time.Duration(c.requests.skew.Load())
}

// ServerNow is the time by the API server's clock, as far as its latest answer
// told: before there was one it is this machine's. Ages of what the server dated
// are reckoned with it.
func (c *Client) ServerNow() time.Time { return c.Now().Add(-c.ClockSkew()).UTC() }

// Requests says how many requests this client has made.
func (c *Client) Requests() int64 { return c.requests.count.Load() }
