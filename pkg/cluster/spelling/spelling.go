// Package spelling finds what was meant by a name that nothing has.
package spelling

import (
	"cmp"
	"slices"
	"strings"
)

// Slips is how many letters may be wrong about a word of ordinary length, such as
// a setting or a flag, for another to be what was meant.
const Slips = 2

// beginning is how many letters make the beginning of a name worth going by.
const beginning = 4

// Near returns the names that differ from a mistyped one by no more than so many
// slips, the nearest first, and then those of which it is the beginning. A slip is
// a letter put in, left out or changed; capitals are none.
func Near(mistyped string, names []string, slips int) []string {
	mistyped = strings.ToLower(mistyped)
	away := map[string]int{}
	var near []string
	for _, name := range names {
		away[name] = distance(mistyped, strings.ToLower(name))
		begun := len(mistyped) >= beginning && strings.HasPrefix(strings.ToLower(name), mistyped)
		if away[name] <= slips || begun {
			near = append(near, name)
		}
	}
	slices.SortFunc(near, func(a, b string) int {
		return cmp.Or(cmp.Compare(away[a], away[b]), strings.Compare(a, b))
	})
	return near
}

// distance counts the letters to put in, leave out or change in order to turn one
// text into the other (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1) // of the letters of a that were looked at so far
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
