package calc

import (
	"math/big"
	"strings"
)

// The largest results that are computed: whoever asks for more is not testing.
const (
	longestText     = 1 << 20
	largestExponent = 10_000
	longestBase     = 1 << 10 // bits
)

// apply computes a pair of values.
func apply(operator string, left, right Value) (Value, error) {
	switch {
	case left.number != nil && right.number != nil:
		return arithmetic(operator, left.number, right.number)
	case operator == "+" && left.text != nil && right.text != nil:
		if len(*left.text)+len(*right.text) > longestText {
			return Value{}, raise("MemoryError", "")
		}
		return text(*left.text + *right.text), nil
	case operator == "*" && left.text != nil && right.number != nil:
		return repeat(*left.text, right.number)
	case operator == "*" && left.number != nil && right.text != nil:
		return repeat(*right.text, left.number)
	}
	return Value{}, raise("TypeError", "unsupported operand type(s) for %s: '%s' and '%s'", operator, left.kind(), right.kind())
}

func repeat(what string, times *big.Int) (Value, error) {
	if !times.IsInt64() || times.Int64()*int64(len(what)) > longestText {
		return Value{}, raise("MemoryError", "")
	}
	return text(strings.Repeat(what, int(max(0, times.Int64())))), nil
}

// arithmetic is Python's: division and remainder round down.
func arithmetic(operator string, a, b *big.Int) (Value, error) {
	if a.BitLen()+b.BitLen() > longestText {
		return Value{}, raise("MemoryError", "")
	}
	result := new(big.Int)
	switch operator {
	case "+":
		return number(result.Add(a, b)), nil
	case "-":
		return number(result.Sub(a, b)), nil
	case "*":
		return number(result.Mul(a, b)), nil
	case "**":
		if b.Sign() < 0 || !b.IsInt64() || b.Int64() > largestExponent || a.BitLen() > longestBase {
			return Value{}, raise("OverflowError", "exponent is out of range")
		}
		return number(result.Exp(a, b, nil)), nil
	}
	if b.Sign() == 0 {
		return Value{}, raise("ZeroDivisionError", "integer division or modulo by zero")
	}
	quotient, remainder := result.QuoRem(a, b, new(big.Int))
	if remainder.Sign() != 0 && remainder.Sign() != b.Sign() {
		quotient.Sub(quotient, big.NewInt(1))
		remainder.Add(remainder, b)
	}
	if operator == "%" {
		return number(remainder), nil
	}
	return number(quotient), nil
}
