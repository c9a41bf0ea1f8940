package binder

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/binderctl/binderctl/gameday/internal/jupyter"
)

// cookieAge is how long somebody stays with a member (the redirector's default).
const cookieAge = 4 * time.Hour

// memberWeight is that of each member, as mybinder.org has it.
const memberWeight = 50

// member is a BinderHub of a federation.
type member struct {
	name  string
	url   string
	prime bool
}

// federation is a redirector and its members.
type federation struct {
	binder  *Binder
	members []member
	prime   http.Handler
	counts  *prometheus.CounterVec
}

// redirector plays that of a federation, of which this BinderHub is both members.
func (b *Binder) redirector() http.Handler {
	at := func(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }
	f := &federation{binder: b, members: []member{{"first", at(b.config.Port), true}, {"second", at(b.config.MemberPort), false}}}
	prime := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: strings.TrimPrefix(f.members[0].url, "http://")})
		r.Out.Header.Set("X-Forwarded-Host", r.In.Host)
		r.Out.Header.Set("Origin", "http://"+r.In.Host)
		r.Out.Header.Set("X-Binder-Launch-Host", "http://"+r.In.Host+"/")
	}}
	f.prime = prime
	f.counts = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "federation_redirect_count", Help: "Redirects by member"}, []string{"member", "reason"})
	health := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "federation_health", Help: "Health of members"}, []string{"member", "reason"})
	for _, one := range f.members {
		health.WithLabelValues(one.name, "").Set(1)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(f.counts, health)
	mux := http.NewServeMux()
	mux.HandleFunc("/build/", f.redirect)
	mux.HandleFunc("GET /active_hosts", f.activeHosts)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	for _, path := range []string{"/badge_logo.svg", "/badge.svg", "/assets/images/badge.svg"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://static.mybinder.org"+path, http.StatusMovedPermanently)
		})
	}
	mux.Handle("/", f.prime)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "TornadoServer/6.5.2")
		w.Header().Set("Access-Control-Allow-Headers", "cache-control")
		mux.ServeHTTP(w, r)
	})
}

// redirect sends a launch to a member: the one of before, or any.
func (f *federation) redirect(w http.ResponseWriter, r *http.Request) {
	chosen, reason := f.members[rand.IntN(len(f.members))], "load_balancer"
	if pinned, err := r.Cookie("host"); err == nil {
		for _, one := range f.members {
			if one.url == strings.Trim(pinned.Value, `"`) {
				chosen, reason = one, "cookie"
			}
		}
	}
	f.counts.WithLabelValues(chosen.name, reason).Inc()
	expires := f.binder.now().Add(cookieAge).UTC().Format(http.TimeFormat)
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Set-Cookie", fmt.Sprintf(`host="%s"; expires=%s; Path=%s`, chosen.url, expires, r.URL.EscapedPath()))
	w.Header().Set("Location", chosen.url+r.URL.RequestURI())
	w.WriteHeader(http.StatusTemporaryRedirect)
}

func (f *federation) activeHosts(w http.ResponseWriter, _ *http.Request) {
	hosts := map[string]any{}
	for _, one := range f.members {
		hosts[one.name] = map[string]any{
			"prime": one.prime, "url": one.url, "weight": memberWeight, "health": one.url + "/health", "versions": one.url + "/versions",
		}
	}
	jupyter.Respond(w, http.StatusOK, map[string]any{"active_hosts": hosts})
}
