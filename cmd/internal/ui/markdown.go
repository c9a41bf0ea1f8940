package ui

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"charm.land/glamour/v2"
	"charm.land/glamour/v2/ansi"
)

// widestText is how many columns a line of prose has at the most: longer ones
// are hard to read.
const widestText = 92

// comments of Markdown are for programs.
var markdownComment = regexp.MustCompile(`(?s)<!--.*?-->\n?`)

// manyEmpty are lines that are left empty by what was taken out between them.
var manyEmpty = regexp.MustCompile(`\n{3,}`)

// Markdown writes a text of ours to Out: laid out on a terminal, and as it is in
// a pipe, less what is not for people.
func (t *Terminal) Markdown(text string) error {
	text = manyEmpty.ReplaceAllString(markdownComment.ReplaceAllString(text, ""), "\n\n")
	if t.OutTTY {
		laidOut, err := t.layOutMarkdown(text)
		if err != nil {
			return err
		}
		text = laidOut
	}
	_, err := io.WriteString(t.Out, strings.TrimRight(text, "\n")+"\n")
	return err
}

// continued is a line of a list's item that goes on with the one before it.
var continued = regexp.MustCompile(`\n  +([^\s*0-9-])`)

// blank is a line on which nothing can be seen.
var blank = regexp.MustCompile("^(?: |\x1b\\[[0-9;]*m)*$")

func (t *Terminal) layOutMarkdown(text string) (string, error) {
	text = continued.ReplaceAllString(text, " $1") // the library would break the line here
	renderer, err := glamour.NewTermRenderer(glamour.WithStyles(t.markdownStyle()), glamour.WithWordWrap(min(t.Width()-1, widestText)))
	if err != nil {
		return "", fmt.Errorf("lay out text: %w", err)
	}
	laidOut, err := renderer.Render(text)
	if err != nil {
		return "", fmt.Errorf("lay out text: %w", err)
	}
	lines := strings.Split(laidOut, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
		if blank.MatchString(line) {
			lines[i] = ""
		}
	}
	return manyEmpty.ReplaceAllString(strings.Trim(strings.Join(lines, "\n"), "\n"), "\n\n"), nil
}

// markdownStyle is how Markdown looks. It uses nothing but the sixteen colours
// that every terminal has, and of these such as can be read on white and on
// black: so nobody has to be asked which it is.
func (t *Terminal) markdownStyle() ansi.StyleConfig {
	mark := func(prefix string) ansi.StyleBlock {
		return ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{BlockSuffix: "\n", Prefix: prefix}}
	}
	indent := uint(2)
	style := ansi.StyleConfig{
		Document:   ansi.StyleBlock{},
		Paragraph:  ansi.StyleBlock{},
		BlockQuote: ansi.StyleBlock{Indent: &indent},
		List:       ansi.StyleList{LevelIndent: 2},
		Heading:    mark(""),
		H1:         mark("# "),
		H2:         mark("## "),
		H3:         mark("### "),
		Item:       ansi.StylePrimitive{BlockPrefix: "- "},
		Enumeration: ansi.StylePrimitive{
			BlockPrefix: ". ",
		},
		CodeBlock: ansi.StyleCodeBlock{StyleBlock: ansi.StyleBlock{Margin: &indent}},
	}
	if t.OutStyle.Enabled() {
		yes, cyan, blue := true, "6", "4"
		for _, heading := range []*ansi.StyleBlock{&style.H1, &style.H2, &style.H3} {
			heading.Bold = &yes
		}
		style.H1.Underline = &yes
		style.Strong.Bold, style.Emph.Italic, style.Link.Underline = &yes, &yes, &yes
		style.LinkText.Bold = &yes
		style.Code.Color, style.CodeBlock.Color = &cyan, &cyan
		style.Link.Color = &blue
	}
	return style
}
