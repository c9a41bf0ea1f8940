package cmd

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// textsFlag is a text, repeatedly. Unlike of names, a comma may be part of one.
type textsFlag []string

func (f *textsFlag) String() string { return strings.Join(*f, " ") }

func (f *textsFlag) Set(text string) error {
	if text == "" {
		return errors.New("it is empty")
	}
	*f = append(*f, text)
	return nil
}

func (f *textsFlag) Type() string { return "TEXT" }

// ofFlag is K/N: K of the last N. K alone is K in a row.
type ofFlag struct{ k, n int }

func (f *ofFlag) String() string { return fmt.Sprintf("%d/%d", f.k, f.n) }

// mostOf is the longest window: what was longer ago says nothing of today.
const mostOf = 100

func (f *ofFlag) Set(text string) error {
	first, second, found := strings.Cut(text, "/")
	if !found {
		second = first
	}
	k, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if err != nil || err2 != nil || k < 1 || n < k || n > mostOf {
		return fmt.Errorf("want K/N, such as 3/5: K from 1 to N, and N up to %d; not %q", mostOf, text)
	}
	f.k, f.n = k, n
	return nil
}

func (f *ofFlag) Type() string { return "K/N" }

// secretURLFlag is an address that is not to be shown: whoever knows it may use it.
// It is checked later than others, because a flag that is refused is repeated.
type secretURLFlag string

func (f *secretURLFlag) String() string { return "" }

func (f *secretURLFlag) Set(text string) error {
	*f = secretURLFlag(text)
	return nil
}

func (f *secretURLFlag) Type() string { return "URL" }

// check refuses what is not an address, without repeating it.
func (f *secretURLFlag) check() error {
	address, err := url.Parse(string(*f))
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		return errors.New("want a URL that begins with https:// or http://")
	}
	return nil
}
