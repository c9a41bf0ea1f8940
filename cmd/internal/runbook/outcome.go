package runbook

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// Outcome is what came of a command.
type Outcome struct {
	Ran  bool
	Exit int
	Data any // its answer as JSON; nil if that was not asked for, or there is none

	seen map[string]bool // which terms held of it, in a walk that was left; nil if it is of this one
}

// path picks values out of an answer, as kubectl's -o jsonpath does.
type path struct{ text string }

func parsePath(text string) (path, error) {
	if _, err := (path{text}).compile(); err != nil {
		return path{}, err
	}
	return path{text}, nil
}

// compile makes what can be asked once: the library's own state is not for two.
func (p path) compile() (*jsonpath.JSONPath, error) {
	compiled := jsonpath.New("runbook").AllowMissingKeys(true)
	if err := compiled.Parse(p.text); err != nil {
		return nil, fmt.Errorf("jsonpath %s: %w", p.text, err)
	}
	return compiled, nil
}

// find returns the values that there are, as text.
func (p path) find(data any) ([]string, error) {
	compiled, err := p.compile()
	if err != nil {
		return nil, err
	}
	results, err := compiled.FindResults(data)
	if err != nil {
		return nil, fmt.Errorf("jsonpath %s: %w", p.text, err)
	}
	var found []string
	for _, result := range results {
		for _, value := range result {
			if value.IsValid() && value.CanInterface() {
				found = append(found, asText(value.Interface()))
			}
		}
	}
	return found, nil
}

func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// Values are what was captured, by name.
type Values map[string][]string

// capture picks a step's captures out of its answer. A value that a command could
// take for a flag, for several words or for a pattern is refused: it came from a
// cluster.
func (s Step) capture(o Outcome) (Values, error) {
	values := Values{}
	for _, c := range s.Captures {
		if o.Data == nil {
			continue
		}
		found, err := c.path.find(o.Data)
		if err != nil {
			return nil, err
		}
		for _, value := range found {
			if value == "" || strings.HasPrefix(value, "-") || strings.ContainsAny(value, `*?[]\`) || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
				return nil, fmt.Errorf("%s: %q is not what a command could be given", c.Name, value)
			}
		}
		if len(found) > 0 {
			values[c.Name] = found
		}
	}
	return values, nil
}
