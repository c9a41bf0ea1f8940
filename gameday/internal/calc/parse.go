package calc

import (
	"math/big"
	"strings"
)

// parser computes while it reads.
type parser struct {
	tokens []token
	at     int
	memory Memory
	out    *Outcome
}

func (p *parser) now() token { return p.tokens[p.at] }

func (p *parser) take() token {
	found := p.tokens[p.at]
	if found.kind != end {
		p.at++
	}
	return found
}

// found takes a mark if it comes next.
func (p *parser) found(text string) bool {
	if next := p.now(); next.kind != mark || next.text != text {
		return false
	}
	p.at++
	return true
}

func (p *parser) program() error {
	for p.now().kind != end {
		if p.now().kind == newline {
			p.at++
			continue
		}
		value, err := p.statement()
		if err != nil {
			return err
		}
		if p.take().kind != newline {
			return raise("SyntaxError", "invalid syntax")
		}
		p.out.Result = ""
		if !value.isNothing() {
			p.out.Result = value.Repr()
		}
	}
	return nil
}

// statement computes one; an assignment and an import have no value.
func (p *parser) statement() (Value, error) {
	first, second := p.now(), p.tokens[p.at+1]
	switch {
	case first.kind == name && (first.text == "import" || first.text == "from"):
		for p.now().kind != newline {
			p.at++
		}
		return Value{}, nil
	case first.kind == name && second.kind == mark && second.text == "=":
		p.at += 2
		value, err := p.sum()
		if err == nil {
			p.memory[first.text] = value
		}
		return Value{}, err
	}
	return p.sum()
}

func (p *parser) sum() (Value, error) {
	left, err := p.product()
	for err == nil {
		switch {
		case p.found("+"):
			left, err = p.with(left, p.product, "+")
		case p.found("-"):
			left, err = p.with(left, p.product, "-")
		default:
			return left, nil
		}
	}
	return left, err
}

func (p *parser) product() (Value, error) {
	left, err := p.signed()
	for err == nil {
		switch {
		case p.found("*"):
			left, err = p.with(left, p.signed, "*")
		case p.found("//"):
			left, err = p.with(left, p.signed, "//")
		case p.found("%"):
			left, err = p.with(left, p.signed, "%")
		default:
			return left, nil
		}
	}
	return left, err
}

func (p *parser) signed() (Value, error) {
	if p.found("-") {
		value, err := p.signed()
		if err != nil {
			return value, err
		}
		return apply("-", number(new(big.Int)), value)
	}
	left, err := p.operand()
	if err == nil && p.found("**") {
		return p.with(left, p.signed, "**")
	}
	return left, err
}

func (p *parser) with(left Value, next func() (Value, error), operator string) (Value, error) {
	right, err := next()
	if err != nil {
		return right, err
	}
	return apply(operator, left, right)
}

func (p *parser) operand() (Value, error) {
	switch next := p.take(); next.kind {
	case digits:
		n, _ := new(big.Int).SetString(next.text, 10)
		return number(n), nil
	case quoted:
		all := []string{next.text}
		for p.now().kind == quoted { // literals beside each other are one
			all = append(all, p.take().text)
		}
		return text(strings.Join(all, "")), nil
	case name:
		if p.found("(") {
			arguments, err := p.arguments()
			if err != nil {
				return Value{}, err
			}
			return p.call(next.text, arguments)
		}
		if value, ok := p.memory[next.text]; ok {
			return value, nil
		}
		return Value{}, raise("NameError", "name '%s' is not defined", next.text)
	case mark:
		if next.text == "(" {
			value, err := p.sum()
			if err == nil && !p.found(")") {
				err = raise("SyntaxError", "'(' was never closed")
			}
			return value, err
		}
	}
	return Value{}, raise("SyntaxError", "invalid syntax")
}

func (p *parser) arguments() ([]Value, error) {
	var all []Value
	for !p.found(")") {
		if len(all) > 0 && !p.found(",") {
			return nil, raise("SyntaxError", "'(' was never closed")
		}
		value, err := p.argument()
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	return all, nil
}

// argument computes one; a name before it ("flush=True") changes nothing here.
func (p *parser) argument() (Value, error) {
	first, second := p.now(), p.tokens[p.at+1]
	if first.kind != name || second.kind != mark || second.text != "=" {
		return p.sum()
	}
	p.at += 3
	return Value{}, nil
}

func (p *parser) call(function string, arguments []Value) (Value, error) {
	one := func() (Value, error) {
		if len(arguments) != 1 {
			return Value{}, raise("TypeError", "%s expected 1 argument, got %d", function, len(arguments))
		}
		return arguments[0], nil
	}
	switch function {
	case "print":
		words := make([]string, 0, len(arguments))
		for _, argument := range arguments {
			if !argument.isNothing() {
				words = append(words, argument.String())
			}
		}
		p.out.Printed += strings.Join(words, " ") + "\n"
		return Value{}, nil
	case "str":
		value, err := one()
		return text(value.String()), err
	case "len":
		value, err := one()
		if err == nil && value.text == nil {
			err = raise("TypeError", "object of type '%s' has no len()", value.kind())
		}
		if err != nil {
			return Value{}, err
		}
		return number(big.NewInt(int64(len([]rune(*value.text))))), nil
	case "int":
		value, err := one()
		if err != nil {
			return Value{}, err
		}
		n, ok := new(big.Int).SetString(value.String(), 10)
		if !ok {
			return Value{}, raise("ValueError", "invalid literal for int() with base 10: %s", value.Repr())
		}
		return number(n), nil
	}
	return Value{}, raise("NameError", "name '%s' is not defined", function)
}
