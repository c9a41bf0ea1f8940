// Command notices gathers the licences of everything that is linked into a
// program, whose authors ask for no more than that they come along with it.
//
//	go run ./tools/notices PACKAGE FILE
//
// A licence is looked for in each package's folder and in those above it, up to
// its module's. A module without any is an error: it could not be passed on.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// systems are those that a release is for; each links packages of its own.
func systems() []string { return []string{"linux", "darwin", "windows"} }

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want PACKAGE FILE, got %q", args)
	}
	found := notices{}
	for _, system := range systems() {
		packages, err := linked(system, args[0])
		if err != nil {
			return err
		}
		for _, one := range packages {
			if err := found.add(one); err != nil {
				return err
			}
		}
	}
	if err := found.lacking(); err != nil {
		return err
	}
	return os.WriteFile(args[1], found.text(), 0o644)
}

// part is a package of a module, and where both are.
type part struct {
	module string // with its version
	root   string
	folder string
}

// linked are the packages of others that a program consists of on a system.
func linked(system, program string) ([]part, error) {
	const format = `{{if .Standard}}Go{{"\t"}}{{.Root}}{{"\t"}}{{.Root}}{{else if not .Module.Main}}{{.Module.Path}}@{{.Module.Version}}{{"\t"}}{{.Module.Dir}}{{"\t"}}{{.Dir}}{{end}}`
	list := exec.Command("go", "list", "-deps", "-f", format, program) //nolint:noctx // it ends by itself
	list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list what %s consists of on %s: %w", program, system, err)
	}
	var parts []part
	for line := range strings.Lines(string(out)) {
		if words := strings.Split(strings.TrimRight(line, "\r\n"), "\t"); len(words) == 3 { // folders may have spaces in them
			parts = append(parts, part{words[0], words[1], words[2]})
		}
	}
	return parts, nil
}

// notices are the modules that come with each text, and whether a module has any.
type notices map[string]map[string]bool

var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)([.-].*)?$`)

// add looks for the licences of a package.
func (n notices) add(p part) error {
	for folder := p.folder; ; folder = filepath.Dir(folder) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.IsDir() || !licence.MatchString(entry.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
			if err != nil {
				return err
			}
			n.note(strings.TrimSpace(string(text)), p.module)
		}
		if folder == p.root {
			n.note("", p.module)
			return nil
		}
	}
}

func (n notices) note(text, module string) {
	if n[text] == nil {
		n[text] = map[string]bool{}
	}
	n[text][module] = true
}

// lacking is the complaint about modules for which nothing but their name is
// known.
func (n notices) lacking() error {
	for module := range n[""] {
		has := false
		for text, modules := range n {
			has = has || text != "" && modules[module]
		}
		if !has {
			return fmt.Errorf("%s comes without a licence", module)
		}
	}
	return nil
}

// text is all licences, each once, below the modules that have it.
func (n notices) text() []byte {
	type notice struct{ modules, text string }
	var all []notice
	for text, modules := range n {
		if text != "" {
			all = append(all, notice{strings.Join(slices.Sorted(maps.Keys(modules)), "\n"), text})
		}
	}
	slices.SortFunc(all, func(a, b notice) int { return cmp.Or(cmp.Compare(a.modules, b.modules), cmp.Compare(a.text, b.text)) })
	var b bytes.Buffer
	b.WriteString("binderctl contains the work of others, under these licences.\n")
	for _, one := range all {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), one.modules, one.text)
	}
	return b.Bytes()
}
