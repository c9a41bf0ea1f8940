package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the pods of a game day carry that nobody may ever be shown: each token
// begins like this, and each client's address.
const (
	secretPrefix = "gdsecret-"
	clientIPs    = "198.51.100."
)

// checkSecrets checks what binderctl printed: no secret, and no control
// character that a cluster put into a name.
func checkSecrets(t *testing.T, args []string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, secret := range []string{secretPrefix, clientIPs} {
			if strings.Contains(text, secret) {
				t.Errorf("binderctl %s printed a secret (%s…):\n%s", strings.Join(args[1:], " "), secret, around(text, secret))
			}
		}
		if strings.ContainsAny(text, "\x1b\x07\x08\x7f\r") {
			t.Errorf("binderctl %s printed a control character: %q", strings.Join(args[1:], " "), excerpt(text))
		}
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
		for _, secret := range []string{secretPrefix, clientIPs} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has a secret: %s", path, around(string(text), secret))
			}
		}
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v (%v)", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
