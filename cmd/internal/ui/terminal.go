package ui

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/mattn/go-colorable"
	"golang.org/x/term"
)

// fallbackWidth is how wide a terminal is taken to be that does not say.
const fallbackWidth = 80

// Streams is what a [Terminal] is made from. Main fills in the first five
// fields and leaves the rest to be asked of the operating system; tests, which
// have buffers for streams, fill in those they need.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	// Getenv reads an environment variable. Nil is an empty environment.
	Getenv func(string) string

	// Now is the clock that progress is measured by. With nil time stands still.
	Now func() time.Time

	// IsTTY tells whether one of the streams above is a terminal. Nil asks the
	// operating system.
	IsTTY func(stream any) bool

	// Columns tells how wide the terminal is; zero is "unknown". Nil asks the
	// operating system. The variable COLUMNS goes before either.
	Columns func() int
}

// Terminal is the operator's end of the program: three streams and what is
// known about them. Make one with [NewTerminal].
type Terminal struct {
	// In is where answers to questions come from. Questions are asked through
	// Confirm; only a command that takes a file on stdin reads In itself.
	In io.Reader
	// Out takes the answer to what was asked, once.
	Out io.Writer
	// Err takes everything said on the way. Writing to it while a progress line
	// is on the screen is safe: the line makes room and comes back.
	Err io.Writer

	// InTTY, OutTTY and ErrTTY tell which of the streams are terminals.
	InTTY, OutTTY, ErrTTY bool

	// OutStyle and ErrStyle colour text meant for Out and for Err. They differ
	// because one of the two may be redirected.
	OutStyle, ErrStyle Style

	in      io.Reader // as they were given
	out     io.Writer
	getenv  func(string) string
	now     func() time.Time
	columns func() int
	unicode bool // the locale can show more than ASCII
	redraws bool // Err can take back what it has shown
	quiet   bool
	screen  *screen
	answers *answers
}

// Options are the flags that change how a Terminal behaves.
type Options struct {
	// Color is the value of --color.
	Color ColorMode
	// Quiet is --quiet: notes and progress are not shown. Warnings, errors and
	// questions still are.
	Quiet bool
}

// NewTerminal returns a Terminal on the given streams, coloured as the
// environment asks and not quiet until Configure says otherwise.
func NewTerminal(s Streams) *Terminal {
	t := &Terminal{
		In:      s.In,
		in:      s.In,
		out:     s.Out,
		getenv:  s.Getenv,
		now:     s.Now,
		columns: s.Columns,
		answers: &answers{},
	}
	if t.getenv == nil {
		t.getenv = func(string) string { return "" }
	}
	if t.now == nil {
		t.now = func() time.Time { return time.Time{} }
	}
	if t.columns == nil {
		t.columns = func() int { return systemColumns(s.Out, s.Err, s.In) }
	}
	isTTY := s.IsTTY
	if isTTY == nil {
		isTTY = systemTTY
	}
	t.InTTY, t.OutTTY, t.ErrTTY = isTTY(s.In), isTTY(s.Out), isTTY(s.Err)
	t.unicode = utf8Locale(t.getenv)
	t.redraws = t.ErrTTY && t.getenv("TERM") != "dumb"

	out, err := coloring(s.Out), coloring(s.Err)
	t.screen = &screen{err: err}
	t.Err = screenWriter{screen: t.screen, to: err, visible: t.ErrTTY}
	t.Out = out
	if t.OutTTY && t.ErrTTY {
		t.Out = screenWriter{screen: t.screen, to: out, visible: true}
	}
	t.Configure(Options{})
	return t
}

// Configure applies the flags. The program calls it once, after they are parsed
// and before anything is printed: what is coloured is settled here.
func (t *Terminal) Configure(o Options) {
	t.quiet = o.Quiet
	t.OutStyle = newStyle(o.Color.colors(t.OutTTY, t.getenv))
	t.ErrStyle = newStyle(o.Color.colors(t.ErrTTY, t.getenv))
}

// Whole returns the terminal itself, for a program that draws all of it, and
// whether there is one that can be drawn on and typed at.
func (t *Terminal) Whole() (in io.Reader, out io.Writer, ok bool) {
	return t.in, t.out, t.InTTY && t.OutTTY && t.getenv("TERM") != "dumb"
}

// Width returns how many columns the terminal has now, which changes when its
// window does. The variable COLUMNS overrides it, and 80 is assumed where
// nothing is known.
func (t *Terminal) Width() int {
	if n, err := strconv.Atoi(t.getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if n := t.columns(); n > 0 {
		return n
	}
	return fallbackWidth
}

// Say tells the operator something in passing, on a line of its own on stderr;
// --quiet silences it. The text may contain names from the cluster: like that of
// Warn and Error it is cleaned as by [CleanText].
func (t *Terminal) Say(format string, args ...any) {
	if t.quiet {
		return
	}
	t.line("", t.folded(0, fmt.Sprintf(format, cleaned(args)...)))
}

// Warn tells the operator, on stderr, something that qualifies the answer or
// that the next step depends on. Nothing silences it.
func (t *Terminal) Warn(format string, args ...any) {
	t.line(t.ErrStyle.Warn("warning:")+" ", t.folded(len("warning: "), fmt.Sprintf(format, cleaned(args)...)))
}

// Error tells the operator, on stderr, why binderctl did not do what was asked.
// Nothing silences it.
func (t *Terminal) Error(format string, args ...any) {
	t.line(t.ErrStyle.Bad("error:")+" ", t.folded(len("error: "), fmt.Sprintf(format, args...)))
}

// Hint tells the operator, on stderr, the next step after an error. Nothing
// silences it.
func (t *Terminal) Hint(format string, args ...any) {
	t.line(t.ErrStyle.Bold("hint:")+" ", t.folded(len("hint: "), fmt.Sprintf(format, cleaned(args)...)))
}

// folded breaks a line that stands behind so many columns on Err between words, if
// that is a terminal and too narrow. A command in it stays in one piece, which is
// how it is copied.
func (t *Terminal) folded(behind int, text string) string {
	if !t.ErrTTY || behind+displaywidth.String(text) <= t.Width() || t.Width() < 2*minWrapped || strings.Contains(text, "\n") {
		return text
	}
	lead := strings.Repeat("x", behind) // no blanks, which would be lost
	prose := strings.TrimLeft(text, " ")
	indent := text[:len(text)-len(prose)]
	lines := breakAround(lead+prose, t.Width()-len(indent))
	return indent + strings.TrimPrefix(strings.Join(lines, "\n"+indent), lead)
}

// cleaned returns what is put into a message with its texts on one line: a name
// must not be able to draw lines that look like ours.
func cleaned(args []any) []any {
	clean := make([]any, len(args))
	for i, arg := range args {
		switch value := arg.(type) {
		case string:
			clean[i] = Clean(value)
		case fmt.Stringer:
			clean[i] = Clean(value.String())
		default:
			clean[i] = arg
		}
	}
	return clean
}

// line writes one line to Err. That it cannot be written is nobody's concern:
// there is nowhere left to say so.
func (t *Terminal) line(prefix, text string) {
	_, _ = io.WriteString(t.Err, prefix+strings.TrimRight(CleanText(text), "\n")+"\n")
}

// systemTTY asks the operating system whether a stream is a terminal.
func systemTTY(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// systemColumns asks the operating system for the width of the first of the
// streams that is a terminal.
func systemColumns(streams ...any) int {
	for _, s := range streams {
		if f, ok := s.(interface{ Fd() uintptr }); ok {
			if width, _, err := term.GetSize(int(f.Fd())); err == nil {
				return width
			}
		}
	}
	return 0
}

// coloring makes an old Windows console understand escape codes; elsewhere it
// returns its argument.
func coloring(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && f != nil {
		return colorable.NewColorable(f)
	}
	return w
}

// utf8Locale tells whether the locale is one of UTF-8, by the variables and in
// the order that POSIX gives.
func utf8Locale(getenv func(string) string) bool {
	locale := strings.ToLower(cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}
