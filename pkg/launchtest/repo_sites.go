package launchtest

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// owner, name and gist patterns are as GitHub allows them.
var (
	ownerPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)
	namePattern  = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	gistPattern  = regexp.MustCompile(`^[0-9a-fA-F]{1,40}$`)
	hexPattern   = regexp.MustCompile(`[0-9a-fA-F]{32}`)
	doiPattern   = regexp.MustCompile(`^(?i)(doi:|(dx\.)?doi\.org/)?10\.\d{3,9}/`)
)

func onGitHub(owner, name, inText, apart string) (Repo, error) {
	ref, err := oneRef(inText, apart)
	name = strings.TrimSuffix(name, ".git")
	switch {
	case err != nil:
		return Repo{}, err
	case !ownerPattern.MatchString(owner):
		return Repo{}, fmt.Errorf("%q is no name of a GitHub user; want OWNER/NAME, or an address with https://", owner)
	case !namePattern.MatchString(name) || name == "." || name == "..":
		return Repo{}, fmt.Errorf("%q is no name of a GitHub repository", name)
	}
	return withRef(gitHub, owner+"/"+name, ref)
}

func onGist(owner, id, inText, apart string) (Repo, error) {
	ref, err := oneRef(inText, apart)
	id = strings.TrimSuffix(id, ".git")
	switch {
	case err != nil:
		return Repo{}, err
	case !ownerPattern.MatchString(owner), !gistPattern.MatchString(id):
		return Repo{}, errors.New("want gist/USER/ID or https://gist.github.com/USER/ID")
	}
	return withRef(gist, owner+"/"+id, ref)
}

func onGitLab(namespace, inText, apart string) (Repo, error) {
	ref, err := oneRef(inText, apart)
	namespace = strings.TrimSuffix(strings.Trim(namespace, "/"), ".git")
	switch {
	case err != nil:
		return Repo{}, err
	case !strings.Contains(namespace, "/"):
		return Repo{}, errors.New("want gl/NAMESPACE/NAME or https://gitlab.com/NAMESPACE/NAME")
	}
	return withRef(gitLab, quote(namespace), ref)
}

// onGit launches from any git repository.
func onGit(address, ref string) (Repo, error) {
	if err := checkGitURL(address); err != nil {
		return Repo{}, err
	}
	return withRef(anyGit, quote(address), ref)
}

// checkGitURL refuses what BinderHub would, and what it had better not be told.
func checkGitURL(address string) error {
	if rest, ok := strings.CutPrefix(address, "git@"); ok && strings.Contains(rest, ":") {
		return nil
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return errors.New("it is no URL") // which may hold a password
	}
	_, secret := parsed.User.Password()
	switch {
	case !slices.Contains([]string{"http", "https", "git", "ssh"}, parsed.Scheme), parsed.Hostname() == "":
		return errors.New("BinderHub reads http, https, git and ssh: want a URL such as https://HOST/PATH")
	case secret, parsed.User != nil && parsed.Scheme != "ssh":
		return errors.New("it has a password in it, which would become a part of an image's name: leave it out")
	case strings.Trim(parsed.Path, "/") == "":
		return errors.New("it is a host without a repository")
	}
	return nil
}

func onHydroshare(text, ref string) (Repo, error) {
	id := hexPattern.FindString(text)
	if id == "" {
		return Repo{}, errors.New("want hydroshare/ID, with the resource's 32 digits and letters")
	}
	return unversioned(hydroshare, id, ref)
}

// unversioned is of a provider whose records have no refs.
func unversioned(provider, spec, ref string) (Repo, error) {
	if ref != "" {
		return Repo{}, fmt.Errorf("%s has no refs: leave out %q", provider, ref)
	}
	return Repo{Provider: provider, Spec: spec}, nil
}
