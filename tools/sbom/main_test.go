package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBillOf(t *testing.T) {
	t.Parallel()
	got := billOf("binderctl", &debug.BuildInfo{
		GoVersion: "go1.26.0",
		Main:      debug.Module{Path: "example.org/binderctl", Version: "v1.2.3"},
		Deps: []*debug.Module{
			{Path: "example.org/a", Version: "v0.1.0", Sum: "h1:abc="},
			{Path: "example.org/b", Version: "v0.2.0", Replace: &debug.Module{Path: "example.org/c", Version: "v0.3.0"}},
		},
		Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}},
	})
	library := func(name, version string, properties ...property) component {
		url := "pkg:golang/" + name + "@" + version
		return component{url, "library", name, version, url, properties}
	}
	program := "pkg:golang/example.org/binderctl@v1.2.3"
	want := bill{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{component{program, "application", "binderctl", "v1.2.3", program, []property{{"go:GOOS", "linux"}}}},
		Components: []component{
			library("std", "go1.26.0"), library("example.org/a", "v0.1.0", property{"go:sum", "h1:abc="}), library("example.org/c", "v0.3.0"),
		},
		Dependencies: []dependency{{program, []string{
			"pkg:golang/std@go1.26.0", "pkg:golang/example.org/a@v0.1.0", "pkg:golang/example.org/c@v0.3.0",
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRun reads a real program: this test.
func TestRun(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	document := filepath.Join(t.TempDir(), "sbom.json")
	if err := run([]string{self, document}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var got bill
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Format != "CycloneDX" || len(got.Components) == 0 {
		t.Errorf("no bill of materials:\n%s", text)
	}
	if run([]string{document, document}) == nil {
		t.Error("a file that is no Go program is no error")
	}
	if run(nil) == nil {
		t.Error("a call without files is no error")
	}
}
