// Package runbooks holds the runbooks as text, so that binderctl carries them
// wherever it goes. README.md in this folder is their index and says how they
// are written.
package runbooks

import "embed"

// FS has the runbooks, one file each, and their index, README.md.
//
//go:embed *.md
var FS embed.FS
