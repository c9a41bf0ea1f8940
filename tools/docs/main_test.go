package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

// TestMarkdown keeps docs/commands the same as the commands' help.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "docs", "commands")
	if *update {
		if err := run([]string{"markdown", folder}, ""); err != nil {
			t.Fatal(err)
		}
	}
	want := markdownPages(cmd.Reference())
	got := read(t, folder)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("docs/commands has not the pages of the commands; make docs writes them (-want +got):\n%s", diff)
	}
	for name, page := range want {
		if !bytes.Equal(page, got[name]) {
			t.Errorf("docs/commands/%s is not what the help says now; make docs writes it anew", name)
		}
	}
}

// TestMarkdownLinks proves that each page leads only to pages that are there.
func TestMarkdownLinks(t *testing.T) {
	t.Parallel()
	pages := markdownPages(cmd.Reference())
	for name, page := range pages {
		for _, rest := range strings.Split(string(page), "](")[1:] {
			target, _, _ := strings.Cut(rest, ")")
			file, _, _ := strings.Cut(target, "#")
			if _, ok := pages[file]; !ok {
				t.Errorf("%s leads to %s", name, target)
			}
		}
	}
}

func TestPackage(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := run([]string{"package", folder}, "1531008000"); err != nil {
		t.Fatal(err)
	}
	pages := read(t, filepath.Join(folder, "man"))
	every(cmd.Reference(), func(c *cobra.Command) {
		page := unpacked(t, pages[pageName(c)+".1.gz"])
		for _, want := range []string{".TH", `"2018-07-08"`, ".SH NAME", roff(c.Short), roff(c.UseLine())} {
			if !strings.Contains(page, want) {
				t.Errorf("the page of %s has no %q", c.CommandPath(), want)
			}
		}
	})
	if page := unpacked(t, pages["binderctl-pods-cull.1.gz"]); !strings.Contains(page, `'jupyter\-*\-depth\-*'`) {
		t.Error("the page of pods cull has lost its asterisks")
	}
	scripts := read(t, filepath.Join(folder, "completions"))
	for name, want := range map[string]string{
		"binderctl": "__start_binderctl", "_binderctl": "#compdef binderctl", "binderctl.fish": "complete -c binderctl", "binderctl.ps1": "Register-ArgumentCompleter",
	} {
		if !strings.Contains(string(scripts[name]), want) {
			t.Errorf("the completion %s has no %q", name, want)
		}
	}
	again := t.TempDir()
	if err := run([]string{"package", again}, "1531008000"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pages, read(t, filepath.Join(again, "man"))); diff != "" {
		t.Errorf("the manual is not the same each time:\n%s", diff)
	}
}

func TestRunMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args  []string
		epoch string
	}{
		{args: nil},
		{args: []string{"markdown"}},
		{args: []string{"poster", t.TempDir()}},
		{args: []string{"package", t.TempDir()}, epoch: "yesterday"},
	} {
		if err := run(c.args, c.epoch); err == nil {
			t.Errorf("%q with %q is no error", c.args, c.epoch)
		}
	}
}

func read(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = content
	}
	return files
}

func unpacked(t *testing.T, packed []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
