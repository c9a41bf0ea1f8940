// Package binderhub makes up what BinderHub, JupyterHub and KubeSpawner make:
// names, images, user pods and build pods, as close to the real ones as tests
// can tell.
package binderhub

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
)

// Repo is a repository as BinderHub resolved it.
type Repo struct {
	URL    string
	Ref    string // as asked for
	Commit string // what it resolved to
	Image  string // without tag
	Slug   string // from which names are made, where that is not its path
}

// Path is the repository's path in its host: owner/name on GitHub.
func (r Repo) Path() string {
	parsed, err := url.Parse(r.URL)
	if err != nil {
		return r.URL
	}
	return strings.TrimSuffix(strings.Trim(parsed.Path, "/"), ".git")
}

// slug is what BinderHub makes image and build names from.
func (r Repo) slug() string {
	if r.Slug != "" {
		return r.Slug
	}
	return strings.ReplaceAll(r.Path(), "/", "-")
}

// Image is the name BinderHub gives a repository's image, without tag.
func Image(prefix string, r Repo) string {
	return strings.ToLower(prefix + safeSlug(r.slug(), 255-len(prefix)))
}

// safeSlug escapes a slug and adds a hash of what it was, capitals included.
func safeSlug(slug string, limit int) string {
	const hash = 6
	return strings.ToLower(truncate(escape(slug, true), limit-hash-1) + "-" + digest(slug, hash))
}

// BuildName is the name of the pod that builds a repository's image; n tells
// two attempts apart.
func BuildName(r Repo, n int) string {
	return fmt.Sprintf("build-%s-%.3s-%02d", strings.ToLower(safeSlug(r.slug(), 43+7)), r.Commit, n%100)
}

// UserName is the name BinderHub makes up for the user of a launch.
func UserName(r Repo, random *rand.Rand) string {
	name := strings.ToLower(strings.ReplaceAll(r.Path(), "/", "-"))
	if len(name) > 32 {
		name = name[:15] + "-" + name[len(name)-15:]
	}
	return name + "-" + Letters(random, 8)
}

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// Letters are n random small letters and digits.
func Letters(random *rand.Rand, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(out)
}

// Hex is a made-up commit, or whatever else n hexadecimal digits stand for.
func Hex(random *rand.Rand, n int) string {
	out := make([]byte, (n+1)/2)
	for i := range out {
		out[i] = byte(random.Uint32())
	}
	return hex.EncodeToString(out)[:n]
}

// podName is the name KubeSpawner gives a user's pod, and the value of the
// label that holds the user's name.
func podName(kubespawner, user string) (name, label string) {
	if kubespawner == "6" {
		escaped := escape(user, false)
		return "jupyter-" + escaped, escaped
	}
	return "jupyter-" + safeName(user), user
}

// safeName is KubeSpawner's since version 7: a name that is fine as it is, or
// what can be kept of it and a hash.
func safeName(user string) string {
	const limit, hash = 48, 8
	fine := regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	if fine.MatchString(user) && !strings.Contains(user, "--") && len(user) <= limit {
		return user
	}
	kept := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(user), "-")
	kept = strings.Trim(truncate(strings.TrimLeft(kept, "-"), limit-hash-3), "-")
	if kept == "" || kept[0] < 'a' {
		kept = strings.TrimRight("x-"+truncate(kept, limit-hash-5), "-")
	}
	return kept + "---" + digest(user, hash)
}

// escape writes what is neither a letter nor a digit as -xx, in hexadecimal.
func escape(s string, capitals bool) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		switch {
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9', capitals && b >= 'A' && b <= 'Z':
			out.WriteByte(b)
		default:
			fmt.Fprintf(&out, "-%02x", b)
		}
	}
	return out.String()
}

func digest(s string, n int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:n]
}

func truncate(s string, n int) string {
	return s[:min(n, len(s))]
}
