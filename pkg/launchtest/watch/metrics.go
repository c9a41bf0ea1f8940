package watch

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// Metrics are what Prometheus reads of a watch.
type Metrics struct {
	launches, failures, left      *prometheus.CounterVec
	stages, whole                 *prometheus.HistogramVec
	last, success, state, running *prometheus.GaugeVec
	refusals, next, every         *prometheus.GaugeVec
	alerts                        *prometheus.CounterVec
	started, round                prometheus.Gauge
}

// stageBuckets are in seconds: a cached launch takes some, a build minutes.
func stageBuckets() []float64 {
	return []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 900}
}

// NewMetrics registers the metrics of a watch.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	target := []string{"member", "repo", "fresh"}
	gauge := func(name, help string, more ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "binderctl_launch_" + name, Help: help}, append(target[:3:3], more...))
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "binderctl_launch_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, more ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "binderctl_launch_" + name, Help: help, Buckets: stageBuckets(),
		}, append(target[:3:3], more...))
	}
	single := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "binderctl_launch_" + name, Help: help})
	}
	m := &Metrics{
		launches: counter("total", "Test launches that have ended, by how.", append(target[:3:3], "result")...),
		failures: counter("failures_total", "Test launches that were not well, by where and why they broke.", append(target[:3:3], "stage", "cause")...),
		left:     counter("servers_left_total", "Test launches whose server may still run.", target...),
		stages:   histogram("stage_duration_seconds", "How long a stage took in the test launches that came through it.", "stage"),
		whole:    histogram("duration_seconds", "How long test launches took that were well, without their shutdown."),
		last:     gauge("last_timestamp_seconds", "When the last test launch ended; 0 before the first."),
		success:  gauge("last_success_timestamp_seconds", "When the last test launch ended that was well; 0 before the first."),
		state:    gauge("state", "1 for the state that the target is in, 0 for the others.", "state"),
		running:  gauge("running", "Test launches under way."),
		refusals: gauge("refusals", "Test launches refused in a row."),
		next:     gauge("next_timestamp_seconds", "Not before that the target is launched again."),
		every:    gauge("interval_seconds", "How long from one test launch to the next, unless they are refused."),
		alerts:   counter("alerts_total", "Alerts, by where they went and whether they arrived.", "sink", "outcome"),
		started:  single("watch_start_timestamp_seconds", "When the watch began."),
		round:    single("watch_heartbeat_timestamp_seconds", "When the watch came round last."),
	}
	registry.MustRegister(m.launches, m.failures, m.left, m.stages, m.whole, m.last, m.success, m.state,
		m.running, m.refusals, m.next, m.every, m.alerts, m.started, m.round)
	return m
}

func labels(t Target, more ...string) []string {
	return append([]string{t.Member, t.Repo, strconv.FormatBool(t.Fresh)}, more...)
}

// start makes the series of all targets, so that what has not happened yet is
// known as 0.
func (m *Metrics) start(targets []Target, now time.Time) {
	m.started.Set(seconds(now))
	for _, t := range targets {
		for _, result := range []launchtest.Result{launchtest.OK, launchtest.Failed, launchtest.TimedOut, launchtest.Refused, launchtest.Stopped} {
			m.launches.WithLabelValues(labels(t, string(result))...)
		}
		m.left.WithLabelValues(labels(t)...)
		m.whole.WithLabelValues(labels(t)...)
		m.last.WithLabelValues(labels(t)...)
		m.success.WithLabelValues(labels(t)...)
		m.every.WithLabelValues(labels(t)...).Set(t.Every.Seconds())
	}
}

// launch counts a launch that has ended.
func (m *Metrics) launch(t Target, l launchtest.Launch) {
	m.launches.WithLabelValues(labels(t, string(l.Result))...).Inc()
	if l.Cleanup != "" {
		m.left.WithLabelValues(labels(t)...).Inc()
	}
	if l.Result == launchtest.Stopped {
		return
	}
	m.last.WithLabelValues(labels(t)...).Set(seconds(l.Ended))
	if l.Failure != nil {
		m.failures.WithLabelValues(labels(t, string(l.Failure.Stage), string(l.Failure.Cause))...).Inc()
	} else {
		m.success.WithLabelValues(labels(t)...).Set(seconds(l.Ended))
		m.whole.WithLabelValues(labels(t)...).Observe((l.Ended.Sub(l.Began) - l.Took(launchtest.Shutdown)).Seconds())
	}
	for _, stage := range passed(l) {
		m.stages.WithLabelValues(labels(t, string(stage))...).Observe(l.Took(stage).Seconds())
	}
}

// passed are the stages that a launch came through. How long one took in which it
// broke says how long a limit is.
func passed(l launchtest.Launch) []launchtest.Stage {
	var stages []launchtest.Stage
	seen := map[launchtest.Stage]bool{}
	for _, span := range l.Spans {
		broke := l.Failure != nil && l.Failure.Stage == span.Stage
		if !broke && !seen[span.Stage] {
			stages = append(stages, span.Stage)
		}
		seen[span.Stage] = true
	}
	return stages
}

// target sets what is known of a target.
func (m *Metrics) target(t Target, state State, running bool, refusals int, next time.Time) {
	for _, s := range States() {
		m.state.WithLabelValues(labels(t, string(s))...).Set(oneIf(s == state))
	}
	m.running.WithLabelValues(labels(t)...).Set(oneIf(running))
	m.refusals.WithLabelValues(labels(t)...).Set(float64(refusals))
	m.next.WithLabelValues(labels(t)...).Set(seconds(next))
}

// Alerted counts an alert that has arrived somewhere, or could not.
func (m *Metrics) Alerted(sink string, err error) {
	outcome := "delivered"
	if err != nil {
		outcome = "failed"
	}
	m.alerts.WithLabelValues(sink, outcome).Inc()
}

func (m *Metrics) beat(now time.Time) { m.round.Set(seconds(now)) }

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
