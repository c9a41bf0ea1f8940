// Command docs writes what is made from the commands' own help: pages in
// Markdown, manual pages, and the shells' completions.
//
//	go run ./tools/docs markdown FOLDER
//	go run ./tools/docs package FOLDER
//
// The second writes FOLDER/man and FOLDER/completions, which go into packages.
// Both are the same, byte for byte, for the same commands: what carries a date
// has that of SOURCE_DATE_EPOCH, or none.
//
// The pages are laid out here and not by cobra/doc, which takes help for
// Markdown, so that a manual page loses the asterisks of 'jupyter-*', and leaves
// out what a flag's value is called.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd"
)

func main() {
	if err := run(os.Args[1:], os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, epoch string) error {
	if len(args) != 2 {
		return fmt.Errorf("want markdown FOLDER or package FOLDER, got %q", args)
	}
	root, folder := cmd.Reference(), args[1]
	switch args[0] {
	case "markdown":
		return write(folder, markdownPages(root))
	case "package":
		date, err := dateOf(epoch)
		if err != nil {
			return err
		}
		pages, err := manPages(root, date)
		if err != nil {
			return err
		}
		completions, err := completions(root)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(folder, "man"), pages); err != nil {
			return err
		}
		return write(filepath.Join(folder, "completions"), completions)
	default:
		return fmt.Errorf("there is nothing to write called %q", args[0])
	}
}

// dateOf is the day of an epoch in seconds, as reproducible builds give it.
func dateOf(epoch string) (string, error) {
	if epoch == "" {
		return "", nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return "", fmt.Errorf("read SOURCE_DATE_EPOCH: %w", err)
	}
	if seconds <= 0 { // what goreleaser says of a checkout without a remote
		return "", nil
	}
	return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
}

// write makes a folder hold these files and no others.
func write(folder string, files map[string][]byte) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// every visits each command that an operator may call, and not those that do no
// more than help.
func every(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			every(child, visit)
		}
	}
}
