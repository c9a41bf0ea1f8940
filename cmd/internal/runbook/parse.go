package runbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Parse reads a runbook. A mistake is named with its line.
func Parse(name string, source []byte) (*Book, error) {
	p := parser{source: source, book: &Book{Name: name, Text: string(source)}}
	document := goldmark.DefaultParser().Parse(text.NewReader(source))
	for block := document.FirstChild(); block != nil; block = block.NextSibling() {
		if err := p.block(block); err != nil {
			return nil, fmt.Errorf("%s.md: %w", name, err)
		}
	}
	p.elsePart(len(source))
	if err := p.book.check(); err != nil {
		return nil, fmt.Errorf("%s.md: %w", name, err)
	}
	return p.book, nil
}

// parser goes from block to block.
type parser struct {
	source []byte
	book   *Book
	title  string // of the nearest heading
	told   int    // where the prose begins that is not yet anybody's
	note   *Step  // a step whose comment was read, and its command not
	last   int    // how many steps stand under earlier headings
}

// dates are those of incidents.
var dates = regexp.MustCompile(`\b20\d\d-\d\d-\d\d\b`)

func (p *parser) block(block ast.Node) error {
	switch b := block.(type) {
	case *ast.Heading:
		return p.heading(b)
	case *ast.Paragraph:
		if p.book.Symptom == "" {
			p.book.Symptom = oneLine(string(b.Lines().Value(p.source)))
		}
	case *ast.HTMLBlock:
		return p.comment(b)
	case *ast.FencedCodeBlock:
		return p.command(b)
	}
	if len(p.book.Sections) > 0 && p.book.Sections[len(p.book.Sections)-1] == TaughtBy {
		for _, date := range dates.FindAllString(string(p.source[p.start(block):p.end(block)]), -1) {
			if !slices.Contains(p.book.Incidents, date) {
				p.book.Incidents = append(p.book.Incidents, date)
			}
		}
	}
	return nil
}

func (p *parser) heading(h *ast.Heading) error {
	if p.note != nil {
		return fmt.Errorf("line %d: no command follows", p.note.Line)
	}
	start := p.start(h)
	p.elsePart(start)
	title := oneLine(string(h.Lines().Value(p.source)))
	switch h.Level {
	case 1:
		if p.book.Title != "" {
			return fmt.Errorf("line %d: there is a second title", p.line(start))
		}
		p.book.Title = title
	case 2:
		p.book.Sections = append(p.book.Sections, title)
	}
	p.title, p.told, p.last = title, p.end(h), len(p.book.Steps)
	return nil
}

// comment reads a comment, which may be the beginning of a step.
func (p *parser) comment(b *ast.HTMLBlock) error {
	start := p.start(b)
	step, err := parseComment(string(p.source[start:p.end(b)]), p.line(start))
	if err != nil || step == nil {
		return err
	}
	if p.note != nil {
		return fmt.Errorf("line %d: no command follows", p.note.Line)
	}
	p.elsePart(-1)
	step.Title = p.title
	step.Prose, step.Cost = p.prose(p.told, start)
	p.note = step
	return nil
}

// command reads a block of code: the command of a step, or an example.
func (p *parser) command(b *ast.FencedCodeBlock) error {
	if string(b.Language(p.source)) != "console" {
		return nil
	}
	line := p.line(p.start(b))
	if p.note == nil {
		if section := p.section(); section == Confirm || section == MendIt || section == VerifyIt {
			return fmt.Errorf("line %d: no comment says what kind of step this is", line)
		}
		return nil
	}
	code := strings.TrimSpace(string(b.Lines().Value(p.source)))
	words, ok := strings.CutPrefix(code, "$ binderctl ")
	if !ok || strings.Contains(code, "\n") {
		return fmt.Errorf("line %d: want one line, $ binderctl …", line)
	}
	p.note.Words = splitWords(words)
	p.book.Steps = append(p.book.Steps, *p.note)
	p.note, p.told = nil, p.end(b)
	return nil
}

// elsePart gives the last step what stands behind its command, up to end. At a
// comment that prose belongs to the next step, and end is negative.
func (p *parser) elsePart(end int) {
	if end < 0 || len(p.book.Steps) == p.last {
		return
	}
	p.book.Steps[len(p.book.Steps)-1].Else, _ = p.prose(p.told, end)
}

// costSign begins the line that says what a step costs users.
const costSign = "**Costs users:**"

// prose is what a part of the source says, on lines as long as they come, and
// what it says of costs.
func (p *parser) prose(from, to int) (prose, cost string) {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(string(p.source[min(from, to):to]), "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		if said, ok := strings.CutPrefix(paragraph, costSign); ok {
			cost = oneLine(said)
		} else if paragraph != "" && !strings.HasPrefix(paragraph, "```") {
			paragraphs = append(paragraphs, paragraph)
		}
	}
	return strings.Join(paragraphs, "\n\n"), cost
}

func (p *parser) section() string {
	if len(p.book.Sections) == 0 {
		return ""
	}
	return p.book.Sections[len(p.book.Sections)-1]
}

// start is where the line of a block begins.
func (p *parser) start(block ast.Node) int {
	at := 0
	switch b := block.(type) {
	case *ast.FencedCodeBlock:
		if b.Info != nil {
			at = b.Info.Segment.Start
		}
	default:
		for node := block; node != nil; node = node.FirstChild() {
			if node.Type() != ast.TypeInline && node.Lines().Len() > 0 {
				at = node.Lines().At(0).Start
				break
			}
		}
	}
	return strings.LastIndexByte(string(p.source[:at]), '\n') + 1
}

// end is where the line after a block begins.
func (p *parser) end(block ast.Node) int {
	at := p.start(block)
	for node := block; node != nil && node.Type() != ast.TypeInline; node = node.LastChild() {
		if n := node.Lines().Len(); n > 0 {
			at = max(at, node.Lines().At(n-1).Stop)
		}
	}
	if html, ok := block.(*ast.HTMLBlock); ok && html.HasClosure() {
		at = max(at, html.ClosureLine.Stop)
	}
	at = max(at-1, 0)
	lines := 1
	if _, ok := block.(*ast.FencedCodeBlock); ok {
		lines = 2 // the one that closes it
	}
	for ; lines > 0; lines-- {
		next := strings.IndexByte(string(p.source[at:]), '\n')
		if next < 0 {
			return len(p.source)
		}
		at += next + 1
	}
	return at
}

func (p *parser) line(at int) int { return strings.Count(string(p.source[:at]), "\n") + 1 }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
