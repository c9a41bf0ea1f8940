package checkup

import (
	"context"
	"fmt"
	"io"
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// log reads the hub pod's log, from the run before the present one on, if that
// ended within the time.
func (l *looker) log(ctx context.Context) {
	pod := l.e.Pod
	if l.opts.Log != nil || pod.Name == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, logPatience) // a log may well take longer than an answer
	defer cancel()
	now := l.client.ServerNow()
	var parts []io.Reader
	if pod.Death != nil && !pod.Death.Final && now.Sub(pod.Death.Ended) < l.opts.Since {
		if before, err := l.open(ctx, pod.Name, true); err == nil { // it may not be kept any more
			defer before.Close()
			parts = append(parts, before)
		}
	}
	current, err := l.open(ctx, pod.Name, false)
	if err != nil {
		l.miss("the Hub's log", err)
		return
	}
	defer current.Close()
	parts = append(parts, current)
	found, err := hublog.Scan(counting{io.MultiReader(parts...), func(n int) { l.told(0, n) }}, now.Add(-l.opts.Since))
	if err != nil {
		l.miss(fmt.Sprintf("the Hub's log beyond its first %d lines", found.Lines), err)
	}
	l.note(func(e *Evidence) { e.Log, e.LogFrom = found, "pod "+pod.Name })
}

func (l *looker) open(ctx context.Context, pod string, previous bool) (io.ReadCloser, error) {
	seconds := int64(math.Ceil(l.opts.Since.Seconds()))
	return l.client.Kube.CoreV1().Pods(l.client.Where.Namespace).GetLogs(pod, &corev1.PodLogOptions{
		Container: l.container, Previous: previous, SinceSeconds: &seconds, Timestamps: true,
	}).Stream(ctx)
}
