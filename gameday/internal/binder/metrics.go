package binder

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what BinderHub tells of itself; they begin with each process.
type metrics struct {
	registry    *prometheus.Registry
	buildTime   *prometheus.HistogramVec
	launchTime  *prometheus.HistogramVec
	buildCount  *prometheus.CounterVec
	launchCount *prometheus.CounterVec
	building    prometheus.Gauge
	launching   prometheus.Gauge
	github      prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	// BinderHub's buckets.
	builds := []float64{60, 120, 300, 600, 1200, 1800, 3600}
	launches := []float64{5, 10, 30, 60, 120, 300, 600}
	m.buildTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "binderhub_build_time_seconds", Help: "Histogram of build times", Buckets: builds,
	}, []string{"status"})
	m.launchTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "binderhub_launch_time_seconds", Help: "Histogram of launch times", Buckets: launches,
	}, []string{"status", "retries"})
	m.buildCount = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "binderhub_build_count_total", Help: "Counter of builds by repo",
	}, []string{"status", "provider", "repo"})
	m.launchCount = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "binderhub_launch_count_total", Help: "Counter of launches by repo",
	}, []string{"status", "provider", "repo"})
	m.building = prometheus.NewGauge(prometheus.GaugeOpts{Name: "binderhub_inprogress_builds", Help: "Builds currently in progress"})
	m.launching = prometheus.NewGauge(prometheus.GaugeOpts{Name: "binderhub_inprogress_launches", Help: "Launches currently in progress"})
	m.github = prometheus.NewGauge(prometheus.GaugeOpts{Name: "binderhub_github_rate_limit_remaining", Help: "GitHub rate limit remaining"})
	m.github.Set(4711)
	m.registry.MustRegister(m.buildTime, m.launchTime, m.buildCount, m.launchCount, m.building, m.launching, m.github)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
