package cluster

import (
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
)

// Repo is the repository that a pod runs or builds.
type Repo struct {
	// Name is short and readable: "owner/name" on GitHub, host and path
	// elsewhere, "unknown" when nothing tells.
	Name string
	// URL is where the repository is, without credentials; "" unless From says
	// that it is certain.
	URL string
	// From says what told the name.
	From RepoSource
}

// RepoSource says what told which repository a pod runs.
type RepoSource string

// What can tell the repository, best first.
const (
	FromSpec     RepoSource = "spec"      // BinderHub wrote the URL into the pod
	FromUsername RepoSource = "user name" // a temporary user's name, where slashes are dashes
	FromImage    RepoSource = "image"     // the built image's name, likewise
	FromNothing  RepoSource = "nothing"
)

// UnknownRepo is the name of a repository that nothing tells.
const UnknownRepo = "unknown"

// Certain reports whether the repository was read rather than guessed. Nothing
// is deleted for a guess.
func (r Repo) Certain() bool { return r.From == FromSpec }

// RepoOf says which repository a pod runs or builds.
func RepoOf(pod *corev1.Pod) Repo {
	address := pod.Annotations[buildRepoKey]
	if address == "" {
		address = variable(pod, repoURLVariable)
	}
	if name, clean := nameOfURL(address); name != "" {
		return Repo{Name: name, URL: clean, From: FromSpec}
	}
	if name := repoOfUsername(Username(pod)); name != "" {
		return Repo{Name: name, From: FromUsername}
	}
	if name := repoOfImage(imageOf(pod)); name != "" {
		return Repo{Name: name, From: FromImage}
	}
	return Repo{Name: UnknownRepo, From: FromNothing}
}

// Image is the image of a pod's main container: the notebook or the builder,
// else the first.
func Image(pod *corev1.Pod) string {
	return PlainImage(imageOf(pod))
}

func imageOf(pod *corev1.Pod) string {
	if main := mainContainer(pod); main != nil {
		return main.Image
	}
	return ""
}

// PlainImage is the name of an image, but for one that BinderHub made from a URL
// with credentials in it.
func PlainImage(image string) string {
	slash := strings.LastIndexByte(image, '/') + 1
	if strings.Contains(unescape(image[slash:]), "@") && strings.Contains(unescape(image[slash:]), "://") {
		return image[:slash] + "(a URL with credentials)"
	}
	return image
}

func mainContainer(pod *corev1.Pod) *corev1.Container {
	for i := range pod.Spec.Containers {
		switch container := &pod.Spec.Containers[i]; container.Name {
		case notebookName, builderName:
			return container
		}
	}
	if len(pod.Spec.Containers) > 0 {
		return &pod.Spec.Containers[0]
	}
	return nil
}

// variable is the value of an environment variable of the main container.
func variable(pod *corev1.Pod, name string) string {
	main := mainContainer(pod)
	if main == nil {
		return ""
	}
	for i := range main.Env {
		if main.Env[i].Name == name {
			return main.Env[i].Value
		}
	}
	return ""
}

// nameOfURL reduces a repository's address to the name people use for it, and
// to an address without the credentials that somebody may have put there.
func nameOfURL(address string) (name, clean string) {
	if rest, isSSH := strings.CutPrefix(address, "git@"); isSSH { // git@host:owner/name
		address = "ssh://" + strings.Replace(rest, ":", "/", 1)
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return "", ""
	}
	parsed.User, parsed.RawQuery, parsed.Fragment = nil, "", ""
	name = strings.ToLower(parsed.Host) + "/" + trimRepo(parsed.Path)
	return strings.TrimPrefix(strings.TrimSuffix(name, "/"), "github.com/"), parsed.String()
}

func trimRepo(path string) string {
	return strings.TrimSuffix(strings.Trim(path, "/"), ".git")
}

// repoOfImage undoes BinderHub's naming of images: a prefix, the escaped name
// of the repository, a dash and six characters of its hash, and a tag. The
// prefix is the operator's choice; the usual ones end in "r2d-" or "i-".
func repoOfImage(image string) string {
	slug := image[strings.LastIndexByte(image, '/')+1:]
	slug, _, tagged := strings.Cut(slug, ":")
	dash := strings.LastIndexByte(slug, '-')
	if !tagged || dash < 0 || !isHash(slug[dash+1:]) {
		return ""
	}
	slug = slug[:dash]
	for _, prefix := range []string{"r2d-", "i-", "binder-"} {
		if rest, ok := strings.CutPrefix(slug, prefix); ok {
			slug = rest
			break
		}
	}
	name := unescape(slug)
	if clean, _ := nameOfURL(name); clean != "" { // the git provider escapes the whole URL
		return clean
	}
	if strings.ContainsAny(name, ":@") { // what is left of a URL may hold a password
		return ""
	}
	return name
}

// isHash reports whether s is what BinderHub puts at the end of an image's name:
// the first six digits of a hash.
func isHash(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 6
}

// RepoPattern chooses repositories by name, without regard to case.
type RepoPattern struct{ pattern string }

// ParseRepoPattern reads what a person would type for a repository: owner/name
// (GitHub), the address of the repository anywhere, or BinderHub's
// gh/owner/name. A "*" stands for any part of one segment of the name, as in
// "jupyterlab/*".
func ParseRepoPattern(text string) (RepoPattern, error) {
	name := plainest(text)
	if name != UnknownRepo && !strings.Contains(name, "/") || strings.Contains(name, "://") || strings.ContainsFunc(name, unicode.IsSpace) {
		return RepoPattern{}, fmt.Errorf("repository %q: want OWNER/NAME or a URL", text)
	}
	if _, err := path.Match(name, ""); err != nil {
		return RepoPattern{}, fmt.Errorf("repository %q: %w", text, err)
	}
	return RepoPattern{name}, nil
}

// plainest reduces what a person typed for a repository as far as it goes, so
// that what comes back stands for itself: plans are written with it and read
// again.
func plainest(text string) string {
	for {
		name := strings.ToLower(text)
		if full, _ := nameOfURL(name); full != "" {
			name = full
		}
		name = strings.TrimPrefix(trimRepo(name), "github.com/")
		if rest, ok := strings.CutPrefix(name, "gh/"); ok && strings.Contains(rest, "/") { // else an owner is called gh
			name = rest
		}
		if name == text {
			return name
		}
		text = name
	}
}

// Match reports whether r is one of the repositories that p chooses.
func (p RepoPattern) Match(r Repo) bool {
	matched, err := path.Match(p.pattern, strings.ToLower(r.Name))
	return err == nil && matched
}

// MightMatch reports whether r, whose name was guessed from one in which
// slashes have become dashes, may be one of the repositories that p chooses.
func (p RepoPattern) MightMatch(r Repo) bool {
	if r.Certain() {
		return p.Match(r)
	}
	matched, err := path.Match(strings.ReplaceAll(p.pattern, "/", "-"), strings.ToLower(strings.ReplaceAll(r.Name, "/", "-")))
	return err == nil && matched
}

// String is the pattern in its plainest spelling.
func (p RepoPattern) String() string { return p.pattern }

// IsZero reports whether p was never parsed.
func (p RepoPattern) IsZero() bool { return p.pattern == "" }

// MarshalText writes the pattern, for files.
func (p RepoPattern) MarshalText() ([]byte, error) { return []byte(p.pattern), nil }

// UnmarshalText reads what MarshalText wrote.
func (p *RepoPattern) UnmarshalText(text []byte) error {
	parsed, err := ParseRepoPattern(string(text))
	*p = parsed
	return err
}
