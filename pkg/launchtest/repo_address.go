package launchtest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// parseAddress reads a URL: a link to a Binder, a page of a place that BinderHub
// knows, or a git repository.
func parseAddress(text, ref string) (Repo, error) {
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" {
		return Repo{}, errors.New("it is no URL")
	}
	if repo, isLink, err := parseLink(address, ref); isLink {
		return repo, err
	}
	host := strings.TrimPrefix(strings.ToLower(address.Hostname()), "www.")
	parts := pathParts(address)
	if address.Scheme == "http" || address.Scheme == "https" {
		switch {
		case address.User != nil:
			return Repo{}, checkGitURL(text)
		case host == "github.com":
			return pageOfGitHub(parts, ref)
		case host == "raw.githubusercontent.com" && len(parts) > 2:
			return onGitHub(parts[0], parts[1], parts[2], ref)
		case host == "gist.github.com":
			if len(parts) < 2 {
				return Repo{}, errors.New("want https://gist.github.com/USER/ID")
			}
			return onGist(parts[0], parts[1], strings.Join(parts[2:min(len(parts), 3)], ""), ref)
		case host == "gitlab.com":
			name, inText := splitTree(parts)
			return onGitLab(strings.Join(name, "/"), inText, ref)
		case host == "doi.org", host == "dx.doi.org":
			return parseDOI(strings.Join(parts, "/"), ref)
		case host == "zenodo.org", host == "sandbox.zenodo.org":
			return pageOfZenodo(parts, ref)
		case host == "figshare.com" || strings.HasSuffix(host, ".figshare.com"):
			return pageOfFigshare(parts, ref)
		case host == "hydroshare.org":
			return onHydroshare(address.Path, ref)
		}
		if id := address.Query().Get("persistentId"); id != "" {
			return parseDOIOf(dataverse, id, ref)
		}
		if slices.Contains(parts, "dataset") {
			return unversioned(ckan, quote(text), ref)
		}
	}
	return pageOfGit(address, ref)
}

// pathParts are the parts of a URL's path, unescaped.
func pathParts(address *url.URL) []string {
	return slices.DeleteFunc(strings.Split(address.Path, "/"), func(part string) bool { return part == "" })
}

// parseLink reads a link to a Binder: https://HOST/v2/PROVIDER/SPEC, or what is
// asked of its API, /build/ in place of /v2/. What it opens in the server is not
// what is tested.
func parseLink(address *url.URL, ref string) (repo Repo, isLink bool, err error) {
	if address.Scheme != "http" && address.Scheme != "https" {
		return Repo{}, false, nil
	}
	for _, mark := range []string{"/v2/", "/build/"} {
		before, behind, found := strings.Cut(address.EscapedPath(), mark)
		provider, spec, _ := strings.Cut(behind, "/")
		if !found || !slices.Contains(providers(), provider) || spec == "" {
			continue
		}
		if repo, err = parseSpec(provider, spec, ref); err != nil {
			return Repo{}, true, err
		}
		repo.Binder = (&url.URL{Scheme: address.Scheme, Host: address.Host, Path: before}).String()
		return repo, true, nil
	}
	return Repo{}, false, nil
}

// pageOfGitHub reads the address of a repository, or of a page of it that is
// about one ref.
func pageOfGitHub(parts []string, ref string) (Repo, error) {
	if len(parts) < 2 {
		return Repo{}, errors.New("want https://github.com/OWNER/NAME")
	}
	owner, name := parts[0], parts[1]
	if len(parts) < 4 {
		return onGitHub(owner, name, "", ref)
	}
	switch kind, rest := parts[2], parts[3:]; kind {
	case "tree":
		return onGitHub(owner, name, strings.Join(rest, "/"), ref)
	case "blob", "raw", "blame", "commit", "commits", "edit":
		return onGitHub(owner, name, rest[0], ref)
	case "releases":
		if len(rest) > 1 && rest[0] == "tag" {
			return onGitHub(owner, name, strings.Join(rest[1:], "/"), ref)
		}
		return onGitHub(owner, name, "", ref)
	case "pull":
		return onGitHub(owner, name, "refs/pull/"+rest[0]+"/head", ref)
	default:
		return onGitHub(owner, name, "", ref)
	}
}

// splitTree divides the path of a page of GitLab into a name and a ref.
func splitTree(parts []string) (name []string, ref string) {
	for _, kind := range []string{"tree", "blob", "commit", "tags"} {
		if at := slices.Index(parts, kind); at >= 2 && at+1 < len(parts) {
			ref = strings.Join(parts[at+1:], "/")
			if kind != "tree" {
				ref = parts[at+1]
			}
			parts = parts[:at]
			break
		}
	}
	if dash := slices.Index(parts, "-"); dash >= 0 {
		parts = parts[:dash]
	}
	return parts, ref
}

// pageOfGit reads the address of a git repository anywhere, or of a page of it
// on a GitLab or a Gitea.
func pageOfGit(address *url.URL, ref string) (Repo, error) {
	plain := *address
	plain.RawQuery, plain.Fragment = "", ""
	path := strings.TrimRight(plain.Path, "/")
	for _, mark := range []string{"/-/tree/", "/src/branch/", "/src/tag/", "/src/commit/"} {
		if name, inText, found := strings.Cut(path, mark); found {
			var err error
			if ref, err = oneRef(strings.Trim(inText, "/"), ref); err != nil {
				return Repo{}, err
			}
			path = name
		}
	}
	plain.Path, plain.RawPath = path, ""
	return onGit(plain.String(), ref)
}

// parseSSH reads git@host:owner/name as git takes it. What is public is read
// without a key.
func parseSSH(text, ref string) (Repo, error) {
	host, path, found := strings.Cut(strings.TrimPrefix(text, "git@"), ":")
	if !found || host == "" || strings.Trim(path, "/") == "" {
		return Repo{}, errors.New("want git@HOST:OWNER/NAME")
	}
	parts := slices.DeleteFunc(strings.Split(path, "/"), func(part string) bool { return part == "" })
	switch strings.ToLower(host) {
	case "github.com":
		if len(parts) != 2 {
			return Repo{}, errors.New("want git@github.com:OWNER/NAME")
		}
		return onGitHub(parts[0], parts[1], "", ref)
	case "gitlab.com":
		return onGitLab(strings.Join(parts, "/"), "", ref)
	default:
		return onGit(text, ref)
	}
}

func pageOfZenodo(parts []string, ref string) (Repo, error) {
	for i, part := range parts[:max(0, len(parts)-1)] {
		switch part {
		case "record", "records":
			return parseDOIOf(zenodo, "10.5281/zenodo."+parts[i+1], ref)
		case "doi":
			return parseDOIOf(zenodo, strings.Join(parts[i+1:], "/"), ref)
		}
	}
	return Repo{}, errors.New("want https://zenodo.org/records/NUMBER or zenodo/DOI")
}

// pageOfFigshare reads /articles/KIND/TITLE/ID and /articles/KIND/TITLE/ID/VERSION.
func pageOfFigshare(parts []string, ref string) (Repo, error) {
	var numbers []string
	for _, part := range parts {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			numbers = append(numbers, part)
		}
	}
	switch len(numbers) {
	case 1:
		return parseDOIOf(figshare, "10.6084/m9.figshare."+numbers[0], ref)
	case 2:
		return parseDOIOf(figshare, "10.6084/m9.figshare."+numbers[0]+".v"+numbers[1], ref)
	default:
		return Repo{}, errors.New("want figshare/DOI, such as figshare/10.6084/m9.figshare.9782777.v1")
	}
}

// parseDOI finds whose DOI it is by its prefix.
func parseDOI(text, ref string) (Repo, error) {
	doi := plainDOI(text)
	lower := strings.ToLower(doi)
	for _, known := range []struct{ prefix, provider string }{
		{"10.5281/zenodo.", zenodo}, {"10.5072/zenodo.", zenodo}, {"10.6084/m9.figshare.", figshare}, {"10.7910/dvn/", dataverse},
	} {
		if strings.HasPrefix(lower, known.prefix) {
			return parseDOIOf(known.provider, doi, ref)
		}
	}
	return Repo{}, fmt.Errorf("whose DOI is it? Write zenodo/%s, figshare/%s or dataverse/%s", doi, doi, doi)
}

func parseDOIOf(provider, text, ref string) (Repo, error) {
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	doi := plainDOI(text)
	if !doiPattern.MatchString(doi) {
		return Repo{}, fmt.Errorf("want %s/DOI, such as %s/10.5281/zenodo.3242074", provider, provider)
	}
	return unversioned(provider, escapeRef(doi), ref)
}

// plainDOI takes off what people write in front of a DOI.
func plainDOI(text string) string {
	for _, prefix := range []string{"https://", "http://", "dx.", "doi.org/", "doi:"} {
		if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			text = text[len(prefix):]
		}
	}
	return strings.Trim(text, "/")
}
