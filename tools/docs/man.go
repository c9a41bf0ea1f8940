package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd"
)

// section is that of programs in the manual.
const section = "1"

// manPages are the pages of the manual, one a command, compressed as packages
// want them.
func manPages(root *cobra.Command, date string) (map[string][]byte, error) {
	pages := map[string][]byte{}
	var failed error
	every(root, func(c *cobra.Command) {
		packed, err := compressed(manPage(c, date))
		if err != nil {
			failed = fmt.Errorf("compress the page of %s: %w", c.CommandPath(), err)
		}
		pages[pageName(c)+"."+section+".gz"] = packed
	})
	return pages, failed
}

// compressed has no name and no time in it, so that it is always the same.
func compressed(page []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(page); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// manPage writes a page with the macros of man(7).
func manPage(c *cobra.Command, date string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %q %s %q \"binderctl\" \"binderctl\"\n.nh\n.ad l\n", strings.ToUpper(pageName(c)), section, date)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(pageName(c)), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	b.WriteString(".SH DESCRIPTION\n")
	manBlocks(&b, description(c))
	if c.Example != "" {
		b.WriteString(".SH EXAMPLES\n")
		manCode(&b, c.Example)
	}
	manOptions(&b, "OPTIONS", c.NonInheritedFlags())
	manOptions(&b, "OPTIONS OF EVERY COMMAND", c.InheritedFlags())
	manSeeAlso(&b, c)
	return b.Bytes()
}

func manBlocks(b *bytes.Buffer, text string) {
	for _, one := range cmd.Blocks(text) {
		if one.Code {
			manCode(b, one.Text)
		} else {
			fmt.Fprintf(b, ".PP\n%s\n", roff(one.Text))
		}
	}
}

func manCode(b *bytes.Buffer, text string) {
	fmt.Fprintf(b, ".PP\n.RS 4\n.nf\n%s\n.fi\n.RE\n", roff(unindented(text)))
}

func manOptions(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	all := options(flags)
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	for _, one := range all {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(one.flag), roff(one.usage))
	}
}

// manSeeAlso names the pages above and below.
func manSeeAlso(b *bytes.Buffer, c *cobra.Command) {
	others := children(c)
	if c.HasParent() {
		others = append([]*cobra.Command{c.Parent()}, others...)
	}
	var names []string
	for _, other := range others {
		names = append(names, fmt.Sprintf(".BR %s (%s)", roff(pageName(other)), section))
	}
	if len(names) > 0 {
		fmt.Fprintf(b, ".SH SEE ALSO\n%s\n", strings.Join(names, " ,\n"))
	}
}

// roff is a text that roff shows as it is: a dot or an apostrophe would begin a
// request, and a bare minus would become a hyphen, which cannot be copied.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
