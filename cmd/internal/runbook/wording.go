package runbook

import (
	"fmt"
	"regexp"
	"strings"
)

// otherwise says what was found instead of what a term wants, such as "verdict is
// healthy, not blind or stuck" or "items: 0, not > 0".
func (t term) otherwise(found []string) string {
	if t.count {
		return counted(t.path.text) + ": " + found[0] + ", not " + t.wanted()
	}
	name := strings.Trim(t.path.text, "{}.")
	if len(found) == 0 {
		return name + " is not there"
	}
	return name + " is " + shortened(found) + ", not " + t.wanted()
}

// wanted is with what a term compares.
func (t term) wanted() string {
	values := strings.Join(t.values, " or ")
	switch t.op {
	case "=", "in":
		return values
	case "!=":
		return "another"
	case "has":
		return "with " + values
	default:
		return t.op + " " + values
	}
}

// picked is a condition within a path, such as [?(@.kind=="proxy")].
var picked = regexp.MustCompile(`\[\?\(@\.([\w.]+)=="?([^")]*)"?\)\]`)

// counted is what a path counts: "items with kind proxy".
func counted(path string) string {
	name := picked.ReplaceAllString(strings.Trim(path, "{}."), " with $1 $2[")
	name, _, _ = strings.Cut(name, "[")
	return name
}

// shownValues is how many values are shown of many.
const shownValues = 3

func shortened(values []string) string {
	if len(values) <= shownValues {
		return strings.Join(values, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(values[:shownValues], ", "), len(values)-shownValues)
}
