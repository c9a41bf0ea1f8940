package config

import "strings"

// farOff is how many letters may be wrong about a name for another to be what
// was meant.
const farOff = 2

// meant asks whether one of the known names was meant by a mistyped one; "" if
// none is like it.
func meant(mistyped string, known []string) string {
	var near []string
	for _, name := range known {
		if distance(strings.ToLower(mistyped), name) <= farOff {
			near = append(near, name)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + strings.Join(near, " or ") + "?"
}

// distance is how many letters have to be put in, taken out or changed to make
// b from a (Levenshtein's).
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
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
