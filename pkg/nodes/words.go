package nodes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// Words say who cordoned a node, when and why, as far as that is known.
func (h *Holder) Words(now time.Time) string {
	if h == nil {
		return ""
	}
	var words []string
	switch {
	case h.Removal && h.Mark == nil && h.Program == "": // who takes a node away need not cordon it
	case h.Mark != nil:
		words = append(words, h.Mark.Words(now))
	case h.Program != "":
		words = append(words, "cordoned with "+h.Program+ago(now, h.Since)+", without a reason")
	default:
		words = append(words, "cordoned by somebody who left no mark")
	}
	if h.Removal {
		words = append(words, "the autoscaler is taking the node away")
	}
	return strings.Join(words, "; ")
}

// Words say who cordoned a node, when and why.
func (m *Mark) Words(now time.Time) string {
	text := "cordoned"
	switch m.For {
	case ForDrain:
		text += " for a drain"
	case ForReclaim:
		text += " to be reclaimed"
	case ForCordon:
	}
	text += " by " + m.By + ago(now, m.At)
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return text
}

func ago(now, then time.Time) string {
	if then.IsZero() {
		return ""
	}
	return " " + duration.HumanDuration(max(0, now.Sub(then))) + " ago"
}

// digestOf identifies a plan by all it says.
func digestOf(plan any) string {
	text, err := json.Marshal(plan)
	if err != nil { // a plan is made of texts, numbers and times
		return ""
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
