// Package state knows where on the operator's machine binderctl keeps what was
// done: the journal, runs of runbooks, copies of incidents.
package state

import (
	"cmp"
	"errors"
	"path/filepath"
)

// ErrHomeless means that nothing can be kept, as there is no folder of one's own.
var ErrHomeless = errors.New("neither HOME nor XDG_STATE_HOME says where, in full")

// Path is where something is kept: in $XDG_STATE_HOME/binderctl, by default in
// ~/.local/state (Windows has another variable for one's own folder). It is
// nowhere, "", for whoever has no home: the folder one happens to be in is somebody
// else's, who could have put there what we should have seen and done. For that
// reason a name that is not a full path counts for none, as XDG has it.
func Path(getenv func(string) string, name ...string) string {
	folder := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(cmp.Or(getenv("HOME"), getenv("USERPROFILE")), ".local", "state")
	}
	if !filepath.IsAbs(folder) {
		return ""
	}
	return filepath.Join(append([]string{folder, "binderctl"}, name...)...)
}
