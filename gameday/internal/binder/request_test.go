package binder

import (
	"strings"
	"testing"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// What a spec stands for: the repository's address, the image's name and the spec
// of the commit.
func TestSpecsOfAllProviders(t *testing.T) {
	t.Parallel()
	b := &Binder{config: &Config{}}
	for _, test := range []struct{ provider, spec, url, image, resolved string }{
		{"gh", "minrk/ligo-binder/HEAD", "https://github.com/minrk/ligo-binder", "i-minrk-2dligo-2dbinder-65ba8f", "minrk/ligo-binder/COMMIT"},
		{"gh", "Minrk/ligo-binder.git/a/branch", "https://github.com/Minrk/ligo-binder", "i-minrk-2dligo-2dbinder-26c6a4", "Minrk/ligo-binder/COMMIT"},
		{"gist", "rick/0a1b2c3d", "https://gist.github.com/rick/0a1b2c3d.git", "i-0a1b2c3d-", "rick/0a1b2c3d/COMMIT"},
		{"git", "https%3A%2F%2Fgit.example.org%2Fa/main", "https://git.example.org/a", "i-https-3a-2f-2fgit-2eexample-2eorg-2fa-", "https%3A%2F%2Fgit.example.org%2Fa/COMMIT"},
		{"git", "git%40example.org%3Aa%2Fb/main", "ssh://git@example.org/a/b", "i-ssh-3a", "git%40example.org%3Aa%2Fb/COMMIT"},
		{"gl", "group%2Fsub%2Fa-name/main", "https://gitlab.com/group/sub/a-name.git", "i-group-2dsub-2da-5f-2dname-", "group%2Fsub%2Fa-name/COMMIT"},
		{"zenodo", "10.5281/zenodo.3242074", "https://doi.org/10.5281/zenodo.3242074", "i-zenodo-2d3242074-", "10.5281/zenodo.3242074"},
	} {
		got, err := parse(test.provider, test.spec)
		if err != nil {
			t.Errorf("%s/%s: %v", test.provider, test.spec, err)
			continue
		}
		b.resolve(got)
		repo := got.repo("i-")
		resolved := strings.Replace(got.resolved(), got.commit, "COMMIT", 1)
		if repo.URL != test.url || !strings.HasPrefix(repo.Image, test.image) || resolved != test.resolved {
			t.Errorf("%s/%s is %s, %s, %s", test.provider, test.spec, repo.URL, repo.Image, resolved)
		}
	}
}

// Hosts take capitals for small letters, image names do not: the same commit is
// built again under another spelling.
func TestCapitalsNameTheSameCommitAndAnotherImage(t *testing.T) {
	t.Parallel()
	known := binderhub.Repo{URL: "https://github.com/a/b", Ref: "HEAD", Commit: strings.Repeat("c", 40)}
	b := &Binder{config: &Config{Repos: []binderhub.Repo{known}}}
	var images []string
	for _, spec := range []string{"a/b/HEAD", "A/b/master"} {
		got, err := parse("gh", spec)
		if err != nil {
			t.Fatal(err)
		}
		b.resolve(got)
		if got.commit != known.Commit {
			t.Errorf("%s resolved to %s", spec, got.commit)
		}
		images = append(images, got.repo("i-").Image)
	}
	if images[0] == images[1] {
		t.Errorf("both spellings have the image %s", images[0])
	}
}
