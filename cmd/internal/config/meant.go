package config

import (
	"strings"

	"github.com/binderctl/binderctl/pkg/cluster/spelling"
)

// meant asks whether one of the known names was meant by a mistyped one; "" if
// none is like it.
func meant(mistyped string, known []string) string {
	near := spelling.Near(mistyped, known, spelling.Slips)
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + strings.Join(near, " or ") + "?"
}
