package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// completions are the shells' scripts, named as each shell looks for them.
func completions(root *cobra.Command) (map[string][]byte, error) {
	scripts := map[string][]byte{}
	for name, generate := range map[string]func(io.Writer) error{
		"binderctl":      func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"_binderctl":     root.GenZshCompletion,
		"binderctl.ps1":  root.GenPowerShellCompletionWithDesc,
		"binderctl.fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
	} {
		var script bytes.Buffer
		if err := generate(&script); err != nil {
			return nil, fmt.Errorf("write the completion %s: %w", name, err)
		}
		scripts[name] = script.Bytes()
	}
	return scripts, nil
}
