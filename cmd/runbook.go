package cmd

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/runbook"
	"github.com/binderctl/binderctl/docs/runbooks"
	"github.com/binderctl/binderctl/pkg/cluster/spelling"
)

const runbookLong = `Read and walk through the runbooks: what to do about each kind of trouble, how to
be sure that it is this one, and what mending costs the users.

They are the Markdown files in docs/runbooks, and are part of binderctl: no
network is needed to read them.`

func newRunbook(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "runbook",
		Aliases: []string{"runbooks", "rb"},
		Short:   "Find, read and walk through what to do in an incident",
		Long:    runbookLong,
		Args:    knownCommand,
		RunE:    help,
	}
	cmd.AddCommand(newRunbookList(app), newRunbookShow(app), newRunbookSearch(app), newRunbookRun(app))
	return cmd
}

// indexName is the file that lists runbooks by symptom.
const indexName = "README.md"

// readBooks reads all runbooks, by name.
func readBooks() ([]*runbook.Book, error) {
	names, err := fs.Glob(runbooks.FS, "*.md")
	if err != nil {
		return nil, fmt.Errorf("read runbooks: %w", err)
	}
	var books []*runbook.Book
	for _, file := range names {
		if file == indexName {
			continue
		}
		text, err := fs.ReadFile(runbooks.FS, file)
		if err != nil {
			return nil, fmt.Errorf("read runbooks: %w", err)
		}
		book, err := runbook.Parse(strings.TrimSuffix(file, ".md"), text)
		if err != nil {
			return nil, fmt.Errorf("read runbooks: %w", err)
		}
		books = append(books, book)
	}
	return books, nil
}

// readBook reads the runbook of a name, which may also be its beginning if no
// other begins so. An unknown one is a mistake in the call, with what may be
// meant.
func readBook(name string) (*runbook.Book, error) {
	books, err := readBooks()
	if err != nil {
		return nil, err
	}
	name = strings.TrimSuffix(path.Base(name), ".md") // also as it is found in the repository
	var begin []*runbook.Book
	for _, book := range books {
		if book.Name == name {
			return book, nil
		}
		if strings.HasPrefix(book.Name, name) {
			begin = append(begin, book)
		}
	}
	if len(begin) == 1 {
		return begin[0], nil
	}
	if name == "." || name == "" { // which is what there is of nothing
		return nil, whichBook()
	}
	unknown := fmt.Errorf("there is no runbook %q", name)
	if meant := meantBooks(books, name); meant != "" {
		unknown = fmt.Errorf("%w: did you mean %s?", unknown, meant)
	}
	return nil, hintError{usageError{unknown}, hintBooks}
}

// hintBooks is how one finds a runbook.
const hintBooks = "all of them: binderctl runbook list; by what you see: binderctl runbook search WORDS"

// whichBook is the mistake of naming none.
func whichBook() error { return hintError{usagef("which runbook?"), hintBooks} }

// meantBooks are the runbooks of which a name may be a misspelling, or which have
// a word with it in common.
func meantBooks(books []*runbook.Book, name string) string {
	var names, akin []string
	for _, book := range books {
		names = append(names, book.Name)
		if slices.ContainsFunc(strings.Split(name, "-"), func(word string) bool { return slices.Contains(strings.Split(book.Name, "-"), word) }) {
			akin = append(akin, book.Name)
		}
	}
	meant := spelling.Near(name, names, spelling.Slips)
	if len(meant) == 0 {
		meant = akin
	}
	return strings.Join(meant[:min(len(meant), 3)], " or ")
}

// completeBooks offers the names of runbooks.
func completeBooks(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return bookNames(), cobra.ShellCompDirectiveNoFileComp
}

// bookNames are the runbooks' names, each with its title for a shell to show.
func bookNames() []string {
	books, err := readBooks()
	if err != nil {
		return nil
	}
	names := make([]string, len(books))
	for i, book := range books {
		names[i] = book.Name + "\t" + book.Title
	}
	return names
}
