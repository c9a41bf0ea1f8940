package nodes

import (
	"bytes"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Cordoning says who keeps new pods off a node, as far as the node tells.
type Cordoning struct {
	By      string     `json:"by"`      // who: of a mark, or the cluster autoscaler; "" if nothing tells
	With    string     `json:"with"`    // the program, as the API server knows it; "" if nothing tells
	Since   *time.Time `json:"since"`   // UTC; nil if nothing tells
	Reason  string     `json:"reason"`  // "" if none was given
	For     Purpose    `json:"for"`     // "" unless binderctl did it
	Removal bool       `json:"removal"` // an autoscaler is taking the node away
}

// Ours reports whether binderctl cordoned the node.
func (c *Cordoning) Ours() bool { return c != nil && c.For != "" }

// of reports whether it is by exactly this mark.
func (c *Cordoning) of(mark Mark) bool {
	return c.Ours() && c.By == mark.By && c.For == mark.For && c.Reason == mark.Reason && c.Since.Equal(mark.At)
}

// Autoscaler is who cordons the nodes that it is about to remove.
const Autoscaler = "the cluster autoscaler"

// ImageCleaner is the program's name under which BinderHub's image cleaner
// cordons nodes, like every client made with Kubernetes' Python library.
const ImageCleaner = "OpenAPI-Generator"

// cordoningOf says how a node came to be closed to new pods; nil if it is not
// cordoned and nobody is taking it away. kubectl and the image cleaner leave no
// name; but the API server keeps which program set the field, and when, and the
// node controller when it added the taint.
func cordoningOf(node *corev1.Node) *Cordoning {
	if !node.Spec.Unschedulable && !leaving(node) {
		return nil
	}
	c := &Cordoning{Removal: leaving(node)}
	if mark := MarkOf(node); mark != nil {
		at := mark.At.UTC()
		c.By, c.With, c.Since, c.Reason, c.For = mark.By, cluster.FieldManager, &at, mark.Reason, mark.For
		return c
	}
	c.With, c.Since = unschedulableSetBy(node)
	for _, taint := range node.Spec.Taints {
		if taint.Key == corev1.TaintNodeUnschedulable && taint.TimeAdded != nil && c.Since == nil {
			added := taint.TimeAdded.UTC()
			c.Since = &added
		}
		if taint.Key == toBeDeletedTaint {
			c.By = Autoscaler
		}
	}
	return c
}

// Words say since when a node is cordoned, by whom and why, as far as anything
// tells, to follow the word cordoned.
func (c *Cordoning) Words(now time.Time) string {
	text := "at a time that nothing tells"
	if c.Since != nil {
		text = duration.HumanDuration(max(0, now.Sub(*c.Since))) + " ago"
	}
	switch {
	case c.By != "":
		text += " by " + c.By
	case c.With == ImageCleaner:
		text += " with " + c.With + " (a Python client: the image cleaner?)"
	case c.With != "":
		text += " with " + c.With
	case c.Since == nil:
		text = "nothing tells when or by whom"
	default:
		text += ", nothing tells by whom"
	}
	if c.For != "" && c.For != ForCordon {
		text += " to " + string(c.For) + " it"
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	if c.Removal && c.By != Autoscaler {
		text += "; the autoscaler is taking the node away"
	}
	return text
}

// cordonOwned reports whether the API server knows who cordoned a node, and
// whether it was binderctl, alone or with others who said the same.
func cordonOwned(node *corev1.Node) (known, ours bool) {
	for i := range node.ManagedFields {
		if entry := &node.ManagedFields[i]; ownsCordon(entry) {
			known, ours = true, ours || entry.Manager == cluster.FieldManager
		}
	}
	return known, ours
}

func ownsCordon(entry *metav1.ManagedFieldsEntry) bool {
	return entry.FieldsV1 != nil && bytes.Contains(entry.FieldsV1.GetRawBytes(), []byte(`"f:unschedulable"`))
}

// unschedulableSetBy reads from a node's managed fields which program cordoned
// it, and when.
func unschedulableSetBy(node *corev1.Node) (program string, since *time.Time) {
	for i := range node.ManagedFields {
		entry := &node.ManagedFields[i]
		if entry.Time == nil || !ownsCordon(entry) {
			continue
		}
		if at := entry.Time.UTC(); since == nil || at.After(*since) {
			program, since = entry.Manager, &at
		}
	}
	return program, since
}
