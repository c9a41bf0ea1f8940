package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// TestDocumentedCommands proves that every binderctl command in the documents
// and in the help can be called as it is written there.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	found := 0
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(string(text), filepath.Ext(path) == ".sh") {
			found++
			parses(t, path, line)
		}
	}
	walk(newRoot(&App{}), func(cmd *cobra.Command) {
		for _, line := range commandLines(cmd.Example, true) {
			found++
			parses(t, "help of "+cmd.CommandPath(), line)
		}
	})
	if found < 20 {
		t.Errorf("found only %d command lines: are they still looked for where they are?", found)
	}
}

func documents(t *testing.T) []string {
	t.Helper()
	paths := []string{filepath.Join("..", "README.md"), filepath.Join("..", "CONTRIBUTING.md")}
	for _, root := range []string{"docs", "deploy", "gameday", "scripts"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, _ fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); ext == ".md" || ext == ".sh" {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// inCode finds what stands between single backquotes.
var inCode = regexp.MustCompile("`(?:bin/)?binderctl ([^`\n]+)`")

// broken is such code with the end of a line in it.
var broken = regexp.MustCompile("(`(?:bin/)?binderctl [^`\n]*)\n *([^`\n]+`)")

// commandLines finds the calls of binderctl in a text: lines of code that begin
// with it, perhaps after a prompt, and code within a sentence. Placeholders such
// as FILE are texts, which parse.
func commandLines(text string, code bool) []string {
	var lines []string
	text = broken.ReplaceAllString(text, "$1 $2")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if !code {
			for _, match := range inCode.FindAllStringSubmatch(line, -1) {
				lines = append(lines, match[1])
			}
			continue
		}
		line = strings.TrimPrefix(strings.TrimPrefix(line, "$ "), "bin/")
		for _, call := range []string{"binderctl ", "run "} { // scripts have a function run
			if rest, ok := strings.CutPrefix(line, call); ok && !strings.Contains(rest, "$@") {
				lines = append(lines, rest)
			}
		}
	}
	return lines
}

// captured puts something in place of what runbooks have captured.
var captured = strings.NewReplacer("$NODE", "node-1", "$REPO", "owner/name")

func parses(t *testing.T, where, line string) {
	t.Helper()
	words := shellWords(captured.Replace(line))
	root := newRoot(&App{Term: ui.NewTerminal(ui.Streams{})})
	cmd, args, err := root.Find(words)
	if err == nil {
		err = cmd.ParseFlags(args)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err == nil && len(args) > 0 { // a command's mere name is also fine
		err = cmd.ValidateFlagGroups()
	}
	if err != nil {
		t.Errorf("%s: binderctl %s: %v", where, line, err)
	}
}

// shellWords splits a line as a shell would, as far as documents need: quotes,
// and an end at a pipe, a redirection or a comment.
func shellWords(line string) []string {
	var words []string
	for _, word := range regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`).FindAllString(line, -1) {
		if strings.ContainsAny(word[:1], "|#>&)") {
			return words
		}
		words = append(words, strings.TrimSuffix(unquoted.ReplaceAllString(word, "$1$2"), ")"))
	}
	return words
}

// unquoted takes the quotes off what stands between them.
var unquoted = regexp.MustCompile(`'([^']*)'|"([^"]*)"`)

// TestHelpFits proves that no help is wider than a terminal usually is, but for
// what is there to be copied.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	root := newRoot(&App{Term: ui.NewTerminal(ui.Streams{})})
	walk(root, func(cmd *cobra.Command) {
		var help strings.Builder
		cmd.SetOut(&help)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(help.String()) {
			line = strings.TrimRight(line, "\n")
			if displaywidth.String(line) > 80 && !strings.Contains(cmd.Example+cmd.UseLine(), strings.TrimSpace(line)) {
				t.Errorf("the help of %s has a line of %d columns:\n%s", cmd.CommandPath(), displaywidth.String(line), line)
			}
		}
	})
}

// TestHelpKeepsTables proves that no lines that are set in, such as the values of a
// flag, stand in a paragraph: it would be filled with them.
func TestHelpKeepsTables(t *testing.T) {
	t.Parallel()
	walk(newRoot(&App{Term: ui.NewTerminal(ui.Streams{})}), func(cmd *cobra.Command) {
		for _, block := range Blocks(cmd.Long) {
			if !block.Code && strings.Contains(block.Text, "\n  ") {
				t.Errorf("the help of %s has a table in a paragraph:\n%s", cmd.CommandPath(), block.Text)
			}
		}
	})
}
