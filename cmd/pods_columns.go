package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/pods"
)

// podRow is a pod as it is shown, with its age at that moment.
type podRow struct {
	pods.Pod
	AgeSeconds int64 `json:"ageSeconds"`
}

func newPodRow(p pods.Pod, now time.Time) podRow {
	return podRow{p, int64(p.Age(now) / time.Second)}
}

func (r podRow) age() string { return ui.Age(time.Duration(r.AgeSeconds) * time.Second) }

func sortRows(rows []podRow, by pods.Order) {
	slices.SortFunc(rows, func(a, b podRow) int { return by.Compare(a.Pod, b.Pod) })
}

// podName is how -o name and xargs know a pod.
func podName(everywhere bool) func(podRow) string {
	return func(r podRow) string {
		if everywhere {
			return r.Namespace + "/" + r.Name
		}
		return "pod/" + r.Name
	}
}

func podColumns(opts podsListOptions) []ui.Column[podRow] {
	columns := []ui.Column[podRow]{
		{Header: "NAMESPACE", Wide: !opts.everywhere, Value: func(r podRow) string { return r.Namespace }},
		{Header: "NAME", Shrink: true, Value: func(r podRow) string { return r.Name }},
		{Header: "KIND", Wide: opts.kind == pods.Users, Value: func(r podRow) string { return string(r.Kind) }},
		{Header: "REPO", Shrink: true, Value: func(r podRow) string { return repoShown(r.Pod) }},
		{Header: "READY", Wide: true, Value: func(r podRow) string { return fmt.Sprintf("%d/%d", r.Ready, r.Total) }},
		{Header: "STATUS", Value: func(r podRow) string { return r.Status }, Role: func(r podRow) ui.Role { return statusRole(r.Pod) }},
		{Header: "RESTARTS", Right: true, Value: func(r podRow) string { return itoa(r.Restarts) }, Role: warnIf(func(r podRow) bool { return r.Restarts > 0 })},
		{Header: "AGE", Right: true, Value: podRow.age},
		{Header: "NODE", Shrink: true, Value: func(r podRow) string { return cmp.Or(r.Node, "<none>") }},
		{Header: "USER", Wide: true, Value: func(r podRow) string { return cmp.Or(r.User, "<none>") }},
		{Header: "CPU", Right: true, Wide: true, Value: func(r podRow) string { return ui.Cores(r.CPU) }},
		{Header: "MEMORY", Right: true, Wide: true, Value: func(r podRow) string { return ui.Bytes(r.Memory) }},
		{Header: "IMAGE", Wide: true, Value: func(r podRow) string { return r.Image }},
	}
	return columns
}

// repoShown is the repository, with a question mark where it is only guessed.
func repoShown(p pods.Pod) string {
	if p.Guessed() {
		return p.Repo + "?"
	}
	return cmp.Or(p.Repo, "-")
}

func statusRole(p pods.Pod) ui.Role {
	switch p.Status {
	case string(corev1.PodRunning), string(corev1.PodSucceeded), "Completed":
		return ui.Plain
	case string(corev1.PodPending), "ContainerCreating", "PodInitializing", "Terminating":
		return ui.Warn
	default:
		return ui.Bad
	}
}

func warnIf[T any](troubled func(T) bool) func(T) ui.Role {
	return func(row T) ui.Role {
		if troubled(row) {
			return ui.Warn
		}
		return ui.Plain
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// share is a part of a whole, in per cent.
func share(part, whole int) string {
	if whole == 0 {
		return "0%"
	}
	return fmt.Sprintf("%3.0f%%", 100*float64(part)/float64(whole))
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return itoa(n) + " " + noun + "s"
}
