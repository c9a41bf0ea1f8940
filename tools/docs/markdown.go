package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd"
)

// written tells a reader where to change a page.
const written = "<!-- Written by `make docs` from the command's own help. -->\n\n"

// markdownPages are the pages of docs/commands: an index and one a command.
func markdownPages(root *cobra.Command) map[string][]byte {
	pages := map[string][]byte{}
	every(root, func(c *cobra.Command) { pages[markdownName(c)] = markdownPage(c) })
	return pages
}

// markdownName is a page's file. GitHub shows README.md for the folder.
func markdownName(c *cobra.Command) string {
	if !c.HasParent() {
		return "README.md"
	}
	return strings.TrimPrefix(pageName(c), c.Root().Name()+"-") + ".md"
}

func markdownPage(c *cobra.Command) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# %s\n\n", written, c.CommandPath())
	for _, one := range cmd.Blocks(description(c)) {
		if one.Code {
			fmt.Fprintf(&b, "```sh\n%s\n```\n\n", unindented(one.Text))
		} else {
			fmt.Fprintf(&b, "%s\n\n", literally(one.Text))
		}
	}
	if c.HasParent() && !c.HasSubCommands() {
		fmt.Fprintf(&b, "## Usage\n\n    %s\n\n", c.UseLine())
	}
	if c.Example != "" {
		fmt.Fprintf(&b, "## Examples\n\n```sh\n%s\n```\n\n", unindented(c.Example))
	}
	markdownCommands(&b, c)
	markdownOptions(&b, "Flags", c.NonInheritedFlags())
	if c.HasParent() {
		fmt.Fprintf(&b, "Flags that every command has: [%s](%s#flags).\n", c.Root().Name(), markdownName(c.Root()))
	}
	return b.Bytes()
}

// markdownCommands lists what is below a command; below the first, everything.
func markdownCommands(b *bytes.Buffer, c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	b.WriteString("## Commands\n\n| command | what it is for |\n|---|---|\n")
	for _, child := range children(c) {
		every(child, func(one *cobra.Command) {
			if !one.HasAvailableSubCommands() {
				fmt.Fprintf(b, "| [%s](%s) | %s |\n", one.CommandPath(), markdownName(one), literally(one.Short))
			}
		})
	}
	b.WriteString("\n")
}

func markdownOptions(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	all := options(flags)
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "## %s\n\n| flag | |\n|---|---|\n", title)
	for _, one := range all {
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.ReplaceAll(one.flag, "|", `\|`), strings.ReplaceAll(literally(one.usage), "|", `\|`))
	}
	b.WriteString("\n")
}

// literally is a text that Markdown shows as it is.
func literally(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "<", "&lt;", "`", "\\`", "[", `\[`).Replace(text)
}

// unindented takes off what all lines are set in by.
func unindented(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	by := len(text)
	for _, line := range lines {
		if bare := strings.TrimLeft(line, " \t"); bare != "" {
			by = min(by, len(line)-len(bare))
		}
	}
	for i, line := range lines {
		lines[i] = line[min(by, len(line)):]
	}
	return strings.Join(lines, "\n")
}
