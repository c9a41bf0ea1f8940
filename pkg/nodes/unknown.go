package nodes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	for _, name := range names {
		if wrong != "" && strings.Contains(name, wrong) {
			found = append(found, candidate{name, 0})
		} else if d := distance(wrong, name); d <= slips(wrong) {
			found = append(found, candidate{name, d})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.name, b.name))
	})
	found = found[:min(len(found), suggestions)]
	list := make([]string, len(found))
	for i, one := range found {
		list[i] = one.name
	}
	return list
}

// slips is by how many characters a name may be wrong and still be recognized:
// one in eight, and two at least.
func slips(name string) int { return max(2, len(name)/8) }

// distance counts the characters to insert, remove or replace in order to turn
// one text into the other (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
