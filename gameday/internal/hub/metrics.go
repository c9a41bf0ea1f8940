package hub

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what JupyterHub tells of itself; they begin with each process.
type metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.HistogramVec
	spawns      *prometheus.HistogramVec
	stops       *prometheus.HistogramVec
	polls       *prometheus.HistogramVec
	proxyAdd    *prometheus.HistogramVec
	proxyDelete *prometheus.HistogramVec
	running     prometheus.Gauge
	users       prometheus.Gauge
	active      *prometheus.GaugeVec
	started     prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	// JupyterHub's buckets of spawns.
	spawns := []float64{0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 180, 300, 600}
	m.requests = m.histogram("request_duration_seconds", "Request duration for all HTTP requests", prometheus.DefBuckets, []string{"method", "handler", "code"})
	m.spawns = m.histogram("server_spawn_duration_seconds", "Time taken for server spawning operation", spawns,
		[]string{"status"}, "success", "failure", "already-pending", "throttled", "too-many-users")
	m.stops = m.histogram("server_stop_seconds", "Time taken for server stopping operation", prometheus.DefBuckets, []string{"status"}, "success", "failure")
	m.polls = m.histogram("server_poll_duration_seconds", "Time taken to poll if server is running", prometheus.DefBuckets,
		[]string{"status"}, pollRunning, pollStopped)
	m.proxyAdd = m.histogram("proxy_add_duration_seconds", "Duration for adding user routes to proxy", prometheus.DefBuckets, []string{"status"}, "success", "failure")
	m.proxyDelete = m.histogram("proxy_delete_duration_seconds", "Duration for deleting user routes from proxy", prometheus.DefBuckets, []string{"status"}, "success", "failure")
	// What is only there to be found: nothing of it is measured here.
	for _, name := range []string{"check_routes", "event_loop_interval", "hub_startup", "init_spawners", "proxy_poll"} {
		if name != "event_loop_interval" {
			name += "_duration"
		}
		m.histogram(name+"_seconds", "Not measured on a game day", prometheus.DefBuckets, nil).WithLabelValues()
	}
	m.running = m.gauge("jupyterhub_running_servers", "The number of user servers currently running")
	m.users = m.gauge("jupyterhub_total_users", "Total number of users")
	m.active = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "jupyterhub_active_users", Help: "Number of users who were active in the given time period"}, []string{"period"})
	m.started = m.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
	m.registry.MustRegister(m.active)
	return m
}

// The outcomes of a poll, as JupyterHub spells them.
const (
	pollRunning = "ServerPollStatus.running"
	pollStopped = "ServerPollStatus.stopped"
)

// histogram makes one whose statuses are all there from the beginning.
func (m *metrics) histogram(name, help string, buckets []float64, labels []string, statuses ...string) *prometheus.HistogramVec {
	made := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "jupyterhub_" + name, Help: help, Buckets: buckets}, labels)
	for _, status := range statuses {
		made.WithLabelValues(status)
	}
	m.registry.MustRegister(made)
	return made
}

func (m *metrics) gauge(name, help string) prometheus.Gauge {
	made := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	m.registry.MustRegister(made)
	return made
}

func (m *metrics) poll(alive bool) {
	status := pollStopped
	if alive {
		status = pollRunning
	}
	m.polls.WithLabelValues(status).Observe(0.0001)
}

func (m *metrics) request(method, handler string, code int, took time.Duration) {
	m.requests.WithLabelValues(method, handler, strconv.Itoa(code)).Observe(took.Seconds())
}

// activePeriods are those for which JupyterHub counts active users.
func activePeriods() map[string]time.Duration {
	return map[string]time.Duration{"24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "30d": 30 * 24 * time.Hour}
}

func (l *life) serveMetrics(w http.ResponseWriter, r *http.Request) {
	now := l.now()
	l.mu.Lock()
	l.metrics.users.Set(float64(len(l.users)))
	for period, span := range activePeriods() {
		count := 0
		for _, u := range l.users {
			if u.LastActivity != nil && now.Sub(*u.LastActivity) <= span {
				count++
			}
		}
		l.metrics.active.WithLabelValues(period).Set(float64(count))
	}
	l.mu.Unlock()
	promhttp.HandlerFor(l.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}
