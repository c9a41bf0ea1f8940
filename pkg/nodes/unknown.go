package nodes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/pkg/cluster/spelling"
)

// UnknownNodeError is about a name that no node has.
type UnknownNodeError struct {
	Name    string
	Nearest []string // the names it may have been meant for, likeliest first
}

// Error is the whole sentence.
func (e *UnknownNodeError) Error() string {
	if len(e.Nearest) == 0 {
		return fmt.Sprintf("node %s: not found", e.Name)
	}
	return fmt.Sprintf("node %s: not found; did you mean %s?", e.Name, strings.Join(e.Nearest, " or "))
}

// suggestions is how many names are offered for one that is wrong.
const suggestions = 3

// nearest finds the names that a wrong one may have been meant for: those of
// which it is a part, such as the four characters that people call a node by,
// else those that differ by a slip or two.
func nearest(wrong string, names []string) []string {
	var whole, rest []string
	for _, name := range names {
		if wrong != "" && strings.Contains(name, wrong) {
			whole = append(whole, name)
		} else {
			rest = append(rest, name)
		}
	}
	slices.Sort(whole)
	found := slices.Concat(whole, spelling.Near(wrong, rest, slips(wrong)))
	return found[:min(len(found), suggestions)]
}

// slips is by how many characters a name may be wrong and still be recognized:
// one in eight, and two at least.
func slips(name string) int { return max(2, len(name)/8) }
