package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNotices gathers what comes with binderctl itself.
func TestNotices(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "NOTICES")
	if err := run([]string{"../../cmd/binderctl", file}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nGo\n", "Copyright 2009 The Go Authors.", "\ngithub.com/spf13/cobra@", "\nk8s.io/client-go@", "Apache License",
		"github.com/inconshreveable/mousetrap@", // only Windows has that one
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the notices have no %q", want)
		}
	}
}

func TestLacking(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	found := notices{}
	if err := found.add(part{"example.org/bare@v1.0.0", root, root}); err != nil {
		t.Fatal(err)
	}
	if err := found.lacking(); err == nil || !strings.Contains(err.Error(), "example.org/bare@v1.0.0") {
		t.Errorf("a module without a licence: %v", err)
	}
}
