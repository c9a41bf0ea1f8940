package scenario

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// problems collects what is wrong with a scenario, each with its position.
type problems struct {
	source *yaml.Node
	found  []error
}

// add notes a problem at a path such as userPods[2].age. Where the path is not
// in the file, because a field is missing, its nearest ancestor is named.
func (p *problems) add(path, format string, args ...any) {
	node := find(p.source, path)
	p.found = append(p.found, fmt.Errorf("line %d, column %d: %s: %s", node.Line, node.Column, path, fmt.Sprintf(format, args...)))
}

func (p *problems) join() error {
	return errors.Join(p.found...)
}

func find(source *yaml.Node, path string) *yaml.Node {
	node := source
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	steps := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) })
	for _, step := range steps {
		next := child(node, step)
		if next == nil {
			return node
		}
		node = next
	}
	return node
}

func child(node *yaml.Node, step string) *yaml.Node {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(node.Content) {
			return node.Content[i]
		}
	}
	return nil
}
