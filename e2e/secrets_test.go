package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// What the pods of a game day carry that nobody may ever be shown: each token
// begins like this, and each client's address.
const (
	secretPrefix = "gdsecret-"
	clientIPs    = "198.51.100."
)

// checkSecrets checks that a text has none of what may appear nowhere: what the
// pods carry, and the operator's own token.
func (o *operator) checkSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range o.secrets {
		if strings.Contains(text, secret) {
			t.Errorf("here is a secret (%s…):\n%s", secret, around(text, secret))
		}
	}
}

// checkClean checks that a text has no control character, such as those that
// somebody put into a name to play with terminals.
func checkClean(t *testing.T, text string) {
	t.Helper()
	if at := strings.IndexFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }); at >= 0 {
		t.Errorf("here is a control character: %q", text[max(0, at-100):min(len(text), at+100)])
	}
}

// around is a little of the text on either side of what was found in it.
func around(text, found string) string {
	at := strings.Index(text, found)
	return text[max(0, at-100):min(len(text), at+len(found)+100)]
}

// checkHome checks every file that binderctl left, such as plans and the
// journal: no secrets, and for no other eyes than the operator's.
func (o *operator) checkHome(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(o.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		o.checkSecrets(t, string(text))
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v (%v)", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
