package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPageGoesNowhereElse has somebody lead the page's first half to a file of the
// operator's, in a folder in which others may write.
func TestPageGoesNowhereElse(t *testing.T) {
	t.Parallel()
	folder, own := t.TempDir(), filepath.Join(t.TempDir(), "own")
	page := filepath.Join(folder, "page.html")
	if err := os.WriteFile(own, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(own, page+".part"); err != nil {
		t.Fatal(err)
	}
	b := newBinder(t, "a")
	b.run(t.Context(), "status", "--html", page)
	if text, err := os.ReadFile(own); err != nil || string(text) != "mine" {
		t.Errorf("the operator's file is %.20q, %v", text, err)
	}
	text, err := os.ReadFile(page)
	if err != nil || !strings.HasPrefix(string(text), "<!DOCTYPE html>") {
		t.Errorf("the page is %.40q, %v", text, err)
	}
	if info, err := os.Stat(page); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	if left, _ := filepath.Glob(page + ".*.part"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
