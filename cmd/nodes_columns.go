package cmd

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// nodeRow is a node as it is shown, with its age at that moment.
type nodeRow struct {
	*nodes.Node
	AgeSeconds int64 `json:"ageSeconds"`

	podsKnown bool
	now       time.Time
}

func newNodeRow(n *nodes.Node, l *nodes.Listing) nodeRow {
	return nodeRow{n, int64(n.Age(l.At) / time.Second), l.PodsKnown(), l.At}
}

func nodeColumns(sortBy nodes.Order) []ui.Column[nodeRow] {
	known := func(value func(nodeRow) string) func(nodeRow) string {
		return func(r nodeRow) string {
			if !r.podsKnown {
				return "-"
			}
			return value(r)
		}
	}
	return []ui.Column[nodeRow]{
		{Header: "NAME", Shrink: true, Value: func(r nodeRow) string { return r.Name }},
		{Header: "STATUS", Shrink: true, Value: func(r nodeRow) string { return nodeState(r.Node) }, Role: func(r nodeRow) ui.Role { return nodeStateRole(r.Node) }},
		{Header: "POOL", Wide: true, Value: func(r nodeRow) string { return cmp.Or(r.Pool, "-") }},
		{Header: "ZONE", Wide: true, Value: func(r nodeRow) string { return cmp.Or(r.Zone, "-") }},
		{Header: "FOR", Wide: true, Value: func(r nodeRow) string { return cmp.Or(string(r.Role), "-") }},
		{Header: "USERS", Right: true, Value: known(func(r nodeRow) string { return itoa(r.Users) })},
		{Header: "BUILDS", Right: true, Wide: true, Value: known(func(r nodeRow) string { return itoa(r.Builds) })},
		{Header: "FREE", Right: true, Wide: sortBy != nodes.ByFree, Value: known(freeShown)},
		{Header: "PODS", Right: true, Value: known(func(r nodeRow) string { return fmt.Sprintf("%d/%d", r.Requested.Pods, r.Allocatable.Pods) })},
		{Header: "CPU", Right: true, Value: known(func(r nodeRow) string { return percent(r.Requested.CPU, r.Allocatable.CPU) })},
		{Header: "MEM", Right: true, Value: known(func(r nodeRow) string { return percent(r.Requested.Memory, r.Allocatable.Memory) })},
		{Header: "AGE", Right: true, Value: func(r nodeRow) string { return ui.Age(time.Duration(r.AgeSeconds) * time.Second) }},
		{Header: "HEARTBEAT", Right: true, Wide: true, Value: heartbeat},
		{Header: "CONDITIONS", Wide: true, Value: func(r nodeRow) string { return conditionsShown(r.Node, r.now) }},
		{Header: "AUTOSCALER", Wide: true, Value: func(r nodeRow) string { return cmp.Or(strings.Join(r.Autoscaling, ","), "-") }},
		{Header: "CORDONED", Wide: true, Value: func(r nodeRow) string { return cordonShown(r.Node, r.now) }},
	}
}

// nodeState is kubectl's word for a node, with what else an operator must know:
// that it takes no pods, or that something is wrong with it.
func nodeState(n *nodes.Node) string {
	words := []string{"Ready"}
	if !n.Ready {
		words[0] = "NotReady"
	}
	if n.Cordoned != nil {
		words = append(words, "cordoned")
	}
	for _, c := range n.Conditions {
		if c.Type != "Ready" {
			words = append(words, c.Type)
		}
	}
	return strings.Join(words, ",")
}

func nodeStateRole(n *nodes.Node) ui.Role {
	switch {
	case len(n.Conditions) > 0 || !n.Ready:
		return ui.Bad
	case n.Cordoned != nil:
		return ui.Warn
	default:
		return ui.Plain
	}
}

// freeShown is how many more user pods fit; none do where none may go.
func freeShown(r nodeRow) string {
	if !r.ForUsers {
		return "-"
	}
	return itoa(r.Free)
}

func percent(part, whole int64) string {
	if whole <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*float64(part)/float64(whole))
}

// heartbeat is how long ago the kubelet last renewed its lease.
func heartbeat(r nodeRow) string {
	if r.Renewed == nil {
		return "-"
	}
	return ui.Age(max(0, r.now.Sub(*r.Renewed)))
}

func conditionsShown(n *nodes.Node, now time.Time) string {
	var shown []string
	for _, c := range n.Conditions {
		text := fmt.Sprintf("%s=%s for %s", c.Type, c.Status, ui.Age(max(0, now.Sub(c.Since))))
		if c.Reason != "" {
			text += " (" + c.Reason + ")"
		}
		shown = append(shown, text)
	}
	return cmp.Or(strings.Join(shown, ", "), "-")
}

func cordonShown(n *nodes.Node, now time.Time) string {
	if n.Cordoned == nil {
		return "-"
	}
	return n.Cordoned.Words(now)
}
