package binder

import (
	"crypto/sha1" //nolint:gosec // what commits look like
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// request is what somebody wants to have launched.
type request struct {
	provider string
	spec     string // as it was asked, quoted
	url      string // of the repository
	ref      string
	slug     string // that names are made from; "" for the path of url
	prefix   string // of the specs of this repository
	refURL   string // of a commit of it, with %s for that
	commit   string // "" until it is resolved
}

func (r *request) key() string { return r.provider + ":" + r.spec }

// short is the request as BinderHub names it elsewhere.
func (r *request) short() string { return r.provider + "/" + r.spec }

// repo is what the request resolved to.
func (r *request) repo(prefix string) binderhub.Repo {
	repo := binderhub.Repo{URL: r.url, Ref: r.ref, Commit: r.commit, Slug: r.slug}
	repo.Image = binderhub.Image(prefix, repo)
	return repo
}

// parse reads a spec as a provider does.
func parse(provider, spec string) (*request, error) {
	made := &request{provider: provider, spec: spec}
	switch provider {
	case "gh":
		return made, made.parseGitHub()
	case "gist":
		return made, made.parseGist()
	case "git":
		return made, made.parseGit()
	case "gl":
		return made, made.parseGitLab()
	case "zenodo", "figshare", "dataverse", "hydroshare", "ckan":
		return made, made.parseArchive()
	}
	return nil, fmt.Errorf("No provider found for prefix %s", provider) //nolint:staticcheck // BinderHub's words
}

// unlike is why a spec is refused, in BinderHub's words.
func (r *request) unlike(form, hint string) error {
	const words = "Spec is not of the form %q, provided: %q.%s"
	return fmt.Errorf(words, form, r.spec, hint)
}

func (r *request) parseGitHub() error {
	parts := strings.SplitN(r.spec, "/", 3)
	if len(parts) != 3 {
		hint := ""
		if len(parts) == 2 && parts[1] != "master" {
			hint = fmt.Sprintf(" Did you mean %q?", r.spec+"/HEAD")
		}
		return r.unlike("user/repo/ref", hint)
	}
	owner, name := parts[0], strings.TrimSuffix(parts[1], ".git")
	r.ref, r.prefix = parts[2], owner+"/"+name
	r.url = "https://github.com/" + r.prefix
	r.refURL = r.url + "/tree/%s"
	return nil
}

func (r *request) parseGist() error {
	parts := strings.SplitN(r.spec, "/", 3)
	if len(parts) < 2 {
		return r.unlike("username/gist_id/ref", "")
	}
	r.ref, r.prefix, r.slug = "master", parts[0]+"/"+parts[1], parts[1]
	if len(parts) == 3 {
		r.ref = parts[2]
	}
	r.url = "https://gist.github.com/" + r.prefix + ".git"
	r.refURL = "https://gist.github.com/" + r.prefix + "/%s"
	return nil
}

// protocols are those of git that BinderHub knows.
var protocols = regexp.MustCompile(`^(https?|git|ssh)://`)

func (r *request) parseGit() error {
	quoted, ref, ok := strings.Cut(r.spec, "/")
	if !ok || ref == "" {
		return r.unlike("url/ref", "")
	}
	at, err := url.PathUnescape(quoted)
	if err != nil {
		return r.unlike("url/ref", "")
	}
	if host, path, ok := strings.Cut(strings.TrimPrefix(at, "git@"), ":"); ok && strings.HasPrefix(at, "git@") {
		at = "ssh://git@" + host + "/" + path
	}
	if !protocols.MatchString(at) {
		scheme, _, _ := strings.Cut(at, "://")
		return fmt.Errorf("Unsupported git url %s, protocol %s not in git, https, ssh, http", at, scheme) //nolint:staticcheck // BinderHub's words
	}
	r.ref, r.prefix, r.url, r.slug, r.refURL = ref, quoted, at, at, at
	return nil
}

func (r *request) parseGitLab() error {
	quoted, ref, ok := strings.Cut(r.spec, "/")
	namespace, err := url.PathUnescape(quoted)
	if !ok || ref == "" || err != nil {
		return r.unlike("namespace/ref", "")
	}
	r.ref, r.prefix = ref, quoted
	r.slug = strings.ReplaceAll(strings.ReplaceAll(namespace, "-", "_-"), "/", "-")
	r.url = "https://gitlab.com/" + namespace + ".git"
	r.refURL = "https://gitlab.com/" + namespace + "/tree/%s"
	return nil
}

// parseArchive reads the specs of archives, which know no refs.
func (r *request) parseArchive() error {
	id, err := url.PathUnescape(r.spec)
	if err != nil {
		return fmt.Errorf("Could not parse %q", r.spec) //nolint:staticcheck // BinderHub's words
	}
	r.ref, r.prefix, r.url = "", "", id
	r.slug = r.provider + "-" + id[strings.LastIndexAny(id, "/.")+1:]
	if !strings.Contains(id, "://") {
		r.url = "https://doi.org/" + id
	}
	r.refURL = r.url
	return nil
}

var commit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// resolve finds the commit of a ref: hosts take capital letters in names for
// small ones, and what is launched all the time has the commit of its image.
func (b *Binder) resolve(r *request) {
	if commit.MatchString(r.ref) {
		r.commit = r.ref
		return
	}
	usual := []string{"HEAD", "master", "main", ""}
	for _, known := range b.config.Repos {
		if strings.EqualFold(strings.TrimSuffix(known.URL, ".git"), strings.TrimSuffix(r.url, ".git")) && (r.ref == known.Ref || slices.Contains(usual, r.ref)) {
			r.commit = known.Commit
			return
		}
	}
	ref := r.ref
	if slices.Contains(usual, ref) {
		ref = ""
	}
	sum := sha1.Sum([]byte(strings.ToLower(strings.TrimSuffix(r.url, ".git")) + "@" + ref)) //nolint:gosec // the same
	r.commit = hex.EncodeToString(sum[:])
}

// resolved is the spec of exactly this commit.
func (r *request) resolved() string {
	if r.prefix == "" {
		return r.spec
	}
	return r.prefix + "/" + r.commit
}

// at is the page of the commit.
func (r *request) at() string { return strings.Replace(r.refURL, "%s", r.commit, 1) }
