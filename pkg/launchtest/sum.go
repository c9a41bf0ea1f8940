package launchtest

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// sum is what a kernel is asked to compute: the product of two numbers, marked
// so that no other text can pass for it.
type sum struct {
	a, b int64
	mark string
}

// The numbers have six digits, so that the product is exact in floating point
// too, and is printed by R as it is.
const (
	leastFactor = 100_000
	factorRange = 900_000
)

func newSum() sum {
	return sum{a: leastFactor + random(factorRange), b: leastFactor + random(factorRange), mark: nonce()}
}

// code is the question in a language, or "" in one that is not known here.
func (s sum) code(language string) string {
	switch language {
	case "python":
		return fmt.Sprintf("print('%s', %d * %d)", s.mark, s.a, s.b)
	case "r":
		return fmt.Sprintf("cat('%s', format(%d * %d, scientific = FALSE), '\\n')", s.mark, s.a, s.b)
	case "julia":
		return fmt.Sprintf("println(\"%s \", %d * %d)", s.mark, s.a, s.b)
	case "bash":
		return fmt.Sprintf("echo %s $((%d * %d))", s.mark, s.a, s.b)
	default:
		return ""
	}
}

// in reports whether a text has the right answer in it.
func (s sum) in(text string) bool {
	words := strings.Fields(text)
	for i, word := range words[:max(0, len(words)-1)] {
		if word == s.mark && words[i+1] == strconv.FormatInt(s.a*s.b, 10) {
			return true
		}
	}
	return false
}

// nonce is a text that nobody has seen before.
func nonce() string { return strings.ToLower(rand.Text()) }

// random is a number below n.
func random(n int64) int64 {
	number, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil { // which crypto/rand promises not to happen
		return 0
	}
	return number.Int64()
}
