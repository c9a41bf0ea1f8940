package scenario

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/resource"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Duration is written as 90m, 6h or 2d.
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	parsed, err := model.ParseDuration(node.Value)
	if node.Kind != yaml.ScalarNode || err != nil {
		return at(node, "%q is not a duration such as 90m, 6h or 2d", node.Value)
	}
	*d = Duration(parsed)
	return nil
}

// Ages is a range of ages over which things are spread evenly, written as
// 4h-9h, or as 5h where all are of an age.
type Ages struct {
	From, To time.Duration
}

// UnmarshalYAML reads a range of ages.
func (a *Ages) UnmarshalYAML(node *yaml.Node) error {
	from, to, ranged := strings.Cut(node.Value, "-")
	if !ranged {
		to = from
	}
	first, err1 := model.ParseDuration(from)
	last, err2 := model.ParseDuration(to)
	if node.Kind != yaml.ScalarNode || err1 != nil || err2 != nil {
		return at(node, "%q is not an age such as 5h, or a range of ages such as 4h-9h", node.Value)
	}
	if last < first {
		return at(node, "%q ends before it begins", node.Value)
	}
	*a = Ages{time.Duration(first), time.Duration(last)}
	return nil
}

// At is the age of the i-th of n, the oldest first.
func (a Ages) At(i, n int) time.Duration {
	if n <= 1 {
		return a.To
	}
	return a.To - time.Duration(float64(a.To-a.From)*float64(i)/float64(n-1))
}

// Quantity is written as Kubernetes writes it: 450Mi, 10m, 2.
type Quantity struct {
	resource.Quantity
}

// UnmarshalYAML reads a quantity.
func (q *Quantity) UnmarshalYAML(node *yaml.Node) error {
	parsed, err := resource.ParseQuantity(node.Value)
	if node.Kind != yaml.ScalarNode || err != nil {
		return at(node, "%q is not a quantity such as 450Mi or 10m", node.Value)
	}
	q.Quantity = parsed
	return nil
}

// Object is a Kubernetes object, written in full.
type Object map[string]any

// UnmarshalYAML reads an object with the types of numbers that Kubernetes's
// machinery expects.
func (o *Object) UnmarshalYAML(node *yaml.Node) error {
	var parsed map[string]any
	if err := node.Decode(&parsed); err != nil {
		return err
	}
	content, err := json.Marshal(parsed)
	if err != nil {
		return at(node, "this object is not one that JSON can hold: %v", err)
	}
	*o = nil
	return utiljson.Unmarshal(content, (*map[string]any)(o))
}

// at makes an error that names where in the file it is.
func at(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d, column %d: %s", node.Line, node.Column, fmt.Sprintf(format, args...))
}
