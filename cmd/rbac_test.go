package cmd

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

// TestRoles keeps deploy/rbac the same as what the commands say they need.
func TestRoles(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "deploy", "rbac")
	expected := map[string]bool{}
	walk(newRoot(&App{}), func(cmd *cobra.Command) {
		needs := needsOf(cmd)
		if len(needs) == 0 {
			return
		}
		name := strings.TrimPrefix(roleName(cmd), "binderctl-") + ".yaml"
		expected[name] = true
		var role strings.Builder
		if err := writeRoles(&role, cmd, needs); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name)
		if *update {
			if err := os.WriteFile(path, []byte(role.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		written, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (make generate writes it)", err)
		}
		if string(written) != role.String() {
			t.Errorf("%s is not what %s needs now; make generate writes it anew", path, cmd.CommandPath())
		}
	})
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !expected[file.Name()] {
			t.Errorf("%s is no command's role", filepath.Join(folder, file.Name()))
		}
	}
}

func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, child := range cmd.Commands() {
		walk(child, visit)
	}
}
