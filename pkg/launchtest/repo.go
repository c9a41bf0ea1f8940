package launchtest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Repo is what to launch, as BinderHub's address has it.
type Repo struct {
	Provider string // "gh"
	Spec     string // escaped as the provider wants it: "owner/name/ref"
	Binder   string // the BinderHub that a link leads to, or ""
}

// String is the repository as BinderHub is asked for it.
func (r Repo) String() string { return r.Provider + "/" + r.Spec }

// The providers that BinderHub has.
const (
	gitHub     = "gh"
	gist       = "gist"
	anyGit     = "git"
	gitLab     = "gl"
	zenodo     = "zenodo"
	figshare   = "figshare"
	hydroshare = "hydroshare"
	dataverse  = "dataverse"
	ckan       = "ckan"
)

func providers() []string {
	return []string{gitHub, gist, anyGit, gitLab, zenodo, figshare, hydroshare, dataverse, ckan}
}

// defaultRef is the newest commit of the branch that a repository calls its own.
const defaultRef = "HEAD"

// longestRepo is more than any address has that was not pasted by mistake.
const longestRepo = 2000

// ParseRepo reads whatever a person would paste for a repository: owner/name,
// BinderHub's gh/owner/name/ref, the address of a repository or a record at the
// places that BinderHub knows, that of any git repository, or a link to a Binder.
// ref, if it is not "", is the branch, tag or commit. What can be read in two
// ways is an error that says how to write either.
func ParseRepo(text, ref string) (Repo, error) {
	text = strings.TrimSpace(text)
	repo, err := parseRepo(text, strings.TrimSpace(ref))
	if err != nil {
		return Repo{}, fmt.Errorf("repository %q: %w", shortened(text), err)
	}
	return repo, nil
}

// shortened is a text as it may be repeated: without the password that a URL may
// hold.
func shortened(text string) string {
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		host, path, _ := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			text = scheme + "://…@" + host[at+1:] + "/" + path
		}
	}
	const most = 200
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// parseRepo tries what a text can be, in this order.
func parseRepo(text, ref string) (Repo, error) {
	switch {
	case text == "":
		return Repo{}, errors.New("it is empty; want one such as binder-examples/requirements")
	case len(text) > longestRepo:
		return Repo{}, errors.New("it is far too long")
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }):
		return Repo{}, errors.New("it has blanks in it")
	case strings.HasPrefix(text, anyGit+"/"):
		return parseSpec(anyGit, strings.TrimPrefix(text, anyGit+"/"), ref)
	case strings.Contains(text, "://"):
		return parseAddress(text, ref)
	case strings.HasPrefix(text, "git@"):
		return parseSSH(text, ref)
	case doiPattern.MatchString(text):
		return parseDOI(text, ref)
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "/"), "v2/")
	first, rest, _ := strings.Cut(text, "/")
	switch {
	case slices.Contains(providers(), first) && (strings.Contains(rest, "/") || first != gitHub && rest != ""):
		return parseSpec(first, rest, ref)
	case strings.Contains(first, ".") && rest != "":
		return parseAddress("https://"+text, ref)
	case rest == "":
		return Repo{}, errors.New("whose is it? Want OWNER/NAME, which is on GitHub, or an address with https://")
	default:
		return parseShort(text, ref)
	}
}

// parseShort reads owner/name, owner/name/ref and owner/name@ref.
func parseShort(text, ref string) (Repo, error) {
	if name, at, found := strings.Cut(text, "@"); found {
		var err error
		if ref, err = oneRef(at, ref); err != nil {
			return Repo{}, err
		}
		text = name
	}
	return parseSpec(gitHub, text, ref)
}

// oneRef is the ref that was given in one of two places.
func oneRef(inText, apart string) (string, error) {
	if inText != "" && apart != "" && inText != apart {
		return "", fmt.Errorf("it says %q and --ref says %q: which one?", inText, apart)
	}
	if inText != "" {
		return inText, nil
	}
	return apart, nil
}

// parseSpec reads what stands behind a provider's name.
func parseSpec(provider, spec, ref string) (Repo, error) {
	spec = strings.TrimRight(spec, "/")
	switch provider {
	case gitHub:
		parts := strings.SplitN(spec, "/", 3)
		if len(parts) < 2 {
			return Repo{}, errors.New("want gh/OWNER/NAME or gh/OWNER/NAME/REF")
		}
		return onGitHub(parts[0], parts[1], strings.Join(parts[2:], ""), ref)
	case gist:
		parts := strings.SplitN(spec, "/", 3)
		if len(parts) < 2 {
			return Repo{}, errors.New("want gist/USER/ID or gist/USER/ID/COMMIT")
		}
		return onGist(parts[0], parts[1], strings.Join(parts[2:], ""), ref)
	case gitLab:
		return parseGitLab(spec, ref)
	case anyGit:
		return parseQuoted(spec, ref)
	case hydroshare:
		return onHydroshare(spec, ref)
	case ckan:
		if plain, err := url.PathUnescape(spec); err == nil {
			spec = plain
		}
		return unversioned(ckan, quote(spec), ref)
	default:
		return parseDOIOf(provider, spec, ref)
	}
}

// parseGitLab reads gl/NAMESPACE%2FNAME/REF, and without escapes where it is
// clear what belongs to the namespace.
func parseGitLab(spec, ref string) (Repo, error) {
	first, rest, _ := strings.Cut(spec, "/")
	if plain, err := url.PathUnescape(first); err == nil && plain != first {
		return onGitLab(plain, rest, ref)
	}
	if strings.Count(spec, "/") > 1 && ref == "" {
		return Repo{}, fmt.Errorf("is its end a part of the name or a ref? Write gl/%s/REF, or give the ref with --ref", quote(spec))
	}
	return onGitLab(spec, "", ref)
}

// parseQuoted reads git/QUOTED-URL/REF.
func parseQuoted(spec, ref string) (Repo, error) {
	first, rest, _ := strings.Cut(spec, "/")
	plain, err := url.PathUnescape(first)
	if err != nil || plain == first {
		return Repo{}, errors.New("behind git/ stands an escaped URL: paste the plain URL without git/, and give the ref with --ref")
	}
	if ref, err = oneRef(rest, ref); err != nil {
		return Repo{}, err
	}
	return onGit(plain, ref)
}

// badInRef are characters that git allows in no name of a branch or tag.
const badInRef = " ~^:?*[\\"

func withRef(provider, spec, ref string) (Repo, error) {
	if ref == "" {
		ref = defaultRef
	}
	switch {
	case strings.ContainsAny(ref, badInRef), strings.ContainsFunc(ref, unicode.IsControl),
		strings.Contains(ref, ".."), strings.Contains(ref, "//"), strings.Contains(ref, "@{"),
		strings.HasPrefix(ref, "/"), strings.HasSuffix(ref, "/"), strings.HasPrefix(ref, "-"), ref == ".":
		return Repo{}, fmt.Errorf("%q is no branch, tag or commit", ref)
	}
	return Repo{Provider: provider, Spec: spec + "/" + escapeRef(ref)}, nil
}

// escapeRef leaves a ref as it is, but for what would end a URL's path.
func escapeRef(ref string) string {
	parts := strings.Split(ref, "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			part = plain
		}
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// quote escapes all of a text but letters, digits and _.-~, as BinderHub wants
// it where a whole URL is one part of a path.
func quote(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
