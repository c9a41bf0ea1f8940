// Command sbom writes the software bill of materials of a Go program, as
// CycloneDX in JSON: the modules that Go itself noted in the file, with their
// versions and checksums.
//
//	go run ./tools/sbom PROGRAM DOCUMENT
//
// What Go noted is what was linked, on any system and for any; nothing has to
// be searched for or fetched, and the same program gives the same document. The
// tools that do more (licences, known vulnerabilities) read this one.
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want PROGRAM DOCUMENT, got %q", args)
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("read what Go noted: %w", err)
	}
	text, err := json.MarshalIndent(billOf(filepath.Base(args[0]), info), "", "  ")
	if err != nil {
		return fmt.Errorf("write bill of materials: %w", err)
	}
	return os.WriteFile(args[1], append(text, '\n'), 0o644)
}

// bill is a CycloneDX document, as far as it is used here.
type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	URL        string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

// billOf is the bill of a program with that name. Go does not note which module
// needs which, so that each is said to be needed by the program.
func billOf(name string, info *debug.BuildInfo) bill {
	program := module("application", name, &info.Main)
	for _, setting := range info.Settings {
		program.Properties = append(program.Properties, property{"go:" + setting.Key, setting.Value})
	}
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{program}}
	needs := dependency{Ref: program.Ref, On: []string{}}
	// The standard library is a module whose version is Go's.
	modules := append([]*debug.Module{{Path: "std", Version: info.GoVersion}}, info.Deps...)
	for _, m := range modules {
		if m.Replace != nil {
			m = m.Replace
		}
		one := module("library", m.Path, m)
		b.Components = append(b.Components, one)
		needs.On = append(needs.On, one.Ref)
	}
	b.Dependencies = []dependency{needs}
	return b
}

func module(kind, name string, m *debug.Module) component {
	url := "pkg:golang/" + m.Path + "@" + m.Version
	one := component{Ref: url, Type: kind, Name: name, Version: m.Version, URL: url}
	if m.Sum != "" { // the checksum of go.sum, which is of no kind that CycloneDX knows
		one.Properties = []property{{"go:sum", m.Sum}}
	}
	return one
}
