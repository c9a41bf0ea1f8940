// Package binder is a stand-in for BinderHub: its build API frame by frame as it
// was recorded, with real build pods, and launches through the game day's Hub.
package binder

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/gameday/internal/jupyter"
	"github.com/binderctl/binderctl/gameday/internal/kubelet"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// Binder is the stand-in.
type Binder struct {
	config   *Config
	client   kubernetes.Interface
	now      func() time.Time
	ctx      context.Context //nolint:containedctx // builds outlive the requests that asked for them
	troubles *troubles
	book     *record.Book
	nodes    *kubelet.Kubelet
	servers  *jupyter.Servers
	hub      *hubClient
	metrics  *metrics
	limiter  *limiter
	banned   []*regexp.Regexp
	missing  []*regexp.Regexp

	mu     sync.Mutex
	images map[string]bool   // in the registry, with their tags
	builds map[string]*build // under way, by the name of their pods
}

// Run plays BinderHub until ctx ends.
func Run(ctx context.Context, config *Config, now func() time.Time) error {
	group, ctx := errgroup.WithContext(ctx)
	b, err := open(ctx, config, now)
	if err != nil {
		return err
	}
	front := jupyter.NewFront(b.servers, config.HubPort, config.ProxyPort, config.ProxyToken)
	serving := map[int]http.Handler{
		config.Port: b.front(b.routes()), config.PublicPort: front, config.ControlPort: b.control(),
	}
	if config.RedirectorPort != 0 {
		serving[config.MemberPort] = serving[config.Port]
		serving[config.RedirectorPort] = b.redirector()
	}
	for port, handler := range serving {
		if err := listen(ctx, group, port, handler); err != nil {
			return err
		}
	}
	group.Go(func() error { return b.clean(ctx) })
	return group.Wait()
}

func open(ctx context.Context, config *Config, now func() time.Time) (*Binder, error) {
	access, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("connect BinderHub: %w", err)
	}
	access.QPS = -1
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return nil, fmt.Errorf("connect BinderHub: %w", err)
	}
	book, err := record.Open(config.Record, now)
	if err != nil {
		return nil, err
	}
	b := &Binder{
		config: config, client: client, now: now, ctx: ctx, troubles: newTroubles(config.Faults, now), book: book,
		metrics: newMetrics(), limiter: newLimiter(config.RateLimit, now), images: map[string]bool{}, builds: map[string]*build{},
	}
	b.hub = &hubClient{
		base: fmt.Sprintf("http://127.0.0.1:%d/hub/api/", config.HubPort), token: config.HubToken,
		retries: config.Retries, delay: config.RetryDelay,
	}
	if b.banned, err = compile(config.Banned); err != nil {
		return nil, err
	}
	if b.missing, err = compile(config.Missing); err != nil {
		return nil, err
	}
	for _, repo := range config.Repos {
		b.images[repo.Image+":"+repo.Commit] = true
	}
	if b.nodes, err = kubelet.Start(ctx, client, config.Namespace, config.Nodes, b.has, book, now); err != nil {
		return nil, err
	}
	b.servers = jupyter.NewServers(ctx, b.nodes, b.has, book, config.KernelStart, now)
	return b, b.servers.Put("", config.Jupyter)
}

func compile(expressions []string) ([]*regexp.Regexp, error) {
	var all []*regexp.Regexp
	for _, expression := range expressions {
		parsed, err := regexp.Compile("(?i)" + expression)
		if err != nil {
			return nil, fmt.Errorf("set BinderHub: %w", err)
		}
		all = append(all, parsed)
	}
	return all, nil
}

func matches(all []*regexp.Regexp, text string) bool {
	for _, one := range all {
		if one.MatchString(text) {
			return true
		}
	}
	return false
}

func (b *Binder) has(fault string) bool { return b.troubles.has(fault) }

func listen(ctx context.Context, group *errgroup.Group, port int, handler http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("listen as BinderHub: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	group.Go(func() error {
		err := server.Serve(listener)
		if ctx.Err() != nil {
			return ctx.Err() // it was closed
		}
		return err
	})
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return nil
}

// routes are BinderHub's.
func (b *Binder) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /build/", b.serveBuild)
	mux.HandleFunc("GET /versions", b.serveVersions)
	mux.HandleFunc("GET /health", b.serveHealth)
	mux.Handle("GET /metrics", b.metrics.handler())
	mux.HandleFunc("GET /api/repoproviders", b.serveProviders)
	mux.HandleFunc("GET /v2/", b.serveLoading)
	mux.HandleFunc("GET /", b.servePage) // also what is not there: the user interface catches all
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "TornadoServer/6.5.2")
		w.Header().Set("Access-Control-Allow-Headers", "cache-control")
		mux.ServeHTTP(w, r)
	})
}
