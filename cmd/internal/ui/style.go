package ui

import (
	"fmt"
	"strings"

	"github.com/fatih/color"
)

// Role is what a piece of text means to the reader, from which follows its
// colour. Colour never says anything alone: the text must say it too.
type Role int

// The roles. Plain, the zero value, is text as it is.
const (
	Plain  Role = iota
	Good        // as it should be
	Warn        // worth a look
	Bad         // broken, or about to be destroyed
	Dim         // of little interest
	Bold        // what to read first
	Header      // a heading
	nRoles
)

// Style colours text for one stream. The zero Style, like that of a stream that
// takes no colour, returns every text unchanged.
type Style struct {
	palette *[nRoles]*color.Color
}

// newStyle returns a Style that colours, or one that does not.
func newStyle(on bool) Style {
	if !on {
		return Style{}
	}
	palette := [nRoles]*color.Color{
		Good:   color.New(color.FgGreen),
		Warn:   color.New(color.FgYellow),
		Bad:    color.New(color.FgRed, color.Bold),
		Dim:    color.New(color.Faint),
		Bold:   color.New(color.Bold),
		Header: color.New(color.Bold),
	}
	for _, c := range palette {
		if c != nil {
			c.EnableColor() // whatever the library thinks of stdout
		}
	}
	return Style{palette: &palette}
}

// Enabled tells whether the Style colours anything.
func (s Style) Enabled() bool { return s.palette != nil }

// Paint returns the text in the colour of a role. It does not clean the text,
// and cleaning it afterwards takes the colour away: clean first.
func (s Style) Paint(r Role, text string) string {
	if s.palette == nil || text == "" || r <= Plain || r >= nRoles {
		return text
	}
	return s.palette[r].Sprint(text)
}

// Good paints text that says all is well.
func (s Style) Good(text string) string { return s.Paint(Good, text) }

// Warn paints text that asks for a look.
func (s Style) Warn(text string) string { return s.Paint(Warn, text) }

// Bad paints text that says something is broken.
func (s Style) Bad(text string) string { return s.Paint(Bad, text) }

// Dim paints text of little interest.
func (s Style) Dim(text string) string { return s.Paint(Dim, text) }

// Bold paints text to be read first.
func (s Style) Bold(text string) string { return s.Paint(Bold, text) }

// Header paints a heading.
func (s Style) Header(text string) string { return s.Paint(Header, text) }

// ColorMode is the value of the flag --color: auto, always or never. It is a
// pflag.Value. The zero value is auto.
type ColorMode string

// The values of --color.
const (
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// ColorModes returns the values --color takes, for its help and completion.
func ColorModes() []string {
	return []string{string(ColorAuto), string(ColorAlways), string(ColorNever)}
}

// String returns the mode as it is typed.
func (m *ColorMode) String() string {
	if *m == "" {
		return string(ColorAuto)
	}
	return string(*m)
}

// Set takes the mode from what was typed.
func (m *ColorMode) Set(s string) error {
	switch mode := ColorMode(s); mode {
	case ColorAuto, ColorAlways, ColorNever:
		*m = mode
		return nil
	default:
		return fmt.Errorf("must be one of %s", strings.Join(ColorModes(), ", "))
	}
}

// Type names the value in the help of the flag.
func (m *ColorMode) Type() string { return "WHEN" }

// colors decides whether a stream is coloured. The flag goes first; then
// NO_COLOR, which forbids; then CLICOLOR_FORCE, which demands; and otherwise
// terminals are coloured that do not call themselves dumb.
func (m ColorMode) colors(tty bool, getenv func(string) string) bool {
	force := getenv("CLICOLOR_FORCE")
	switch {
	case m == ColorAlways:
		return true
	case m == ColorNever, getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	default:
		return tty && getenv("TERM") != "dumb"
	}
}
