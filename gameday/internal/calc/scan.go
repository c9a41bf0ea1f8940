package calc

import (
	"strings"
	"unicode"
)

// The kinds of tokens.
const (
	end = iota
	newline
	name
	digits
	quoted
	mark
)

// token is a word of a cell.
type token struct {
	kind int
	text string
}

// marks are the operators, those of two characters first.
var marks = []string{"**", "//", "==", "(", ")", "+", "-", "*", "%", ",", "=", "."} //nolint:gochecknoglobals // a table

// scan parts a cell into tokens.
func scan(code string) ([]token, error) {
	var tokens []token
	for rest := code; rest != ""; {
		switch c := rest[0]; {
		case c == '\n' || c == ';':
			tokens, rest = append(tokens, token{kind: newline}), rest[1:]
		case c == ' ' || c == '\t' || c == '\r':
			rest = rest[1:]
		case c == '#':
			rest = rest[len(until(rest, func(r rune) bool { return r == '\n' })):]
		case c == '\'' || c == '"':
			text, after, err := unquote(rest)
			if err != nil {
				return nil, err
			}
			tokens, rest = append(tokens, token{quoted, text}), after
		case c >= '0' && c <= '9':
			word := until(rest, func(r rune) bool { return r < '0' || r > '9' })
			tokens, rest = append(tokens, token{digits, word}), rest[len(word):]
		case c == '_' || unicode.IsLetter(rune(c)):
			word := until(rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			tokens, rest = append(tokens, token{name, word}), rest[len(word):]
		default:
			found := ""
			for _, one := range marks {
				if strings.HasPrefix(rest, one) {
					found = one
					break
				}
			}
			if found == "" {
				return nil, raise("SyntaxError", "invalid syntax")
			}
			tokens, rest = append(tokens, token{mark, found}), rest[len(found):]
		}
	}
	return append(tokens, token{kind: newline}, token{kind: end}), nil
}

// until is the beginning of a text before the first character of a kind.
func until(text string, stop func(rune) bool) string {
	if i := strings.IndexFunc(text, stop); i >= 0 {
		return text[:i]
	}
	return text
}

// unquote reads a string literal.
func unquote(code string) (text, rest string, err error) {
	quote := code[0]
	var out strings.Builder
	for i := 1; i < len(code); i++ {
		switch c := code[i]; c {
		case quote:
			return out.String(), code[i+1:], nil
		case '\n':
			return "", "", raise("SyntaxError", "unterminated string literal")
		case '\\':
			i++
			if i < len(code) {
				out.WriteString(escaped(code[i]))
			}
		default:
			out.WriteByte(c)
		}
	}
	return "", "", raise("SyntaxError", "unterminated string literal")
}

func escaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case '\\', '\'', '"':
		return string(c)
	}
	return `\` + string(c)
}
