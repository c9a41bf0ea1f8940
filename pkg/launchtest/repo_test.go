package launchtest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

func TestParseRepo(t *testing.T) {
	t.Parallel()
	const git = "git/https%3A%2F%2F"
	for _, test := range []struct{ text, ref, want string }{
		{"binder-examples/requirements", "", "gh/binder-examples/requirements/HEAD"},
		{"binder-examples/requirements", "50533eb", "gh/binder-examples/requirements/50533eb"},
		{" binder-examples/requirements ", "", "gh/binder-examples/requirements/HEAD"},
		{"o/r/feature/x", "", "gh/o/r/feature/x"},
		{"o/r@v1.0", "", "gh/o/r/v1.0"},
		{"o/r.git", "", "gh/o/r/HEAD"},
		{"gh/o/r", "", "gh/o/r/HEAD"},
		{"gh/o/r/main", "", "gh/o/r/main"},
		{"v2/gh/o/r/main", "", "gh/o/r/main"},
		{"gh/some", "", "gh/gh/some/HEAD"}, // somebody is called gh
		{"https://github.com/o/r", "", "gh/o/r/HEAD"},
		{"https://github.com/o/r.git", "main", "gh/o/r/main"},
		{"http://www.github.com/o/r/", "", "gh/o/r/HEAD"},
		{"github.com/o/r/tree/feature/x", "", "gh/o/r/feature/x"},
		{"https://github.com/o/r/blob/main/a/index.ipynb", "", "gh/o/r/main"},
		{"https://github.com/o/r/releases/tag/v1", "", "gh/o/r/v1"},
		{"https://github.com/o/r/pull/12/files", "", "gh/o/r/refs/pull/12/head"},
		{"https://github.com/o/r/issues/12", "", "gh/o/r/HEAD"},
		{"git@github.com:o/r.git", "", "gh/o/r/HEAD"},
		{"git@gitlab.com:a/b/c.git", "", "gl/a%2Fb%2Fc/HEAD"},
		{"git@git.example.org:a/b", "x", "git/git%40git.example.org%3Aa%2Fb/x"},
		{"https://gist.github.com/u/0123abc", "", "gist/u/0123abc/HEAD"},
		{"gist/u/0123abc/HEAD", "", "gist/u/0123abc/HEAD"},
		{"https://gitlab.com/a/b/c", "", "gl/a%2Fb%2Fc/HEAD"},
		{"https://gitlab.com/a/b/-/tree/dev/x", "", "gl/a%2Fb/dev/x"},
		{"gl/a%2Fb/main", "", "gl/a%2Fb/main"},
		{"gl/a/b", "", "gl/a%2Fb/HEAD"},
		{"gl/a/b/c", "main", "gl/a%2Fb%2Fc/main"},
		{"https://git.example.org/x/y.git", "", git + "git.example.org%2Fx%2Fy.git/HEAD"},
		{"https://codeberg.org/a/b/src/branch/main", "", git + "codeberg.org%2Fa%2Fb/main"},
		{"https://gitlab.example.org/a/b/-/tree/dev", "", git + "gitlab.example.org%2Fa%2Fb/dev"},
		{"git/https%3A%2F%2Fexample.org%2Fa/main", "", git + "example.org%2Fa/main"},
		{"ssh://git@example.org/a", "", "git/ssh%3A%2F%2Fgit%40example.org%2Fa/HEAD"},
		{"10.5281/zenodo.3242074", "", "zenodo/10.5281/zenodo.3242074"},
		{"doi:10.5281/zenodo.3242074", "", "zenodo/10.5281/zenodo.3242074"},
		{"https://doi.org/10.5281/zenodo.3242074", "", "zenodo/10.5281/zenodo.3242074"},
		{"https://zenodo.org/records/3242074", "", "zenodo/10.5281/zenodo.3242074"},
		{"zenodo/10.5281/zenodo.3242074", "", "zenodo/10.5281/zenodo.3242074"},
		{"https://figshare.com/articles/dataset/A_title/9782777/1", "", "figshare/10.6084/m9.figshare.9782777.v1"},
		{"10.7910/DVN/TJCLKP", "", "dataverse/10.7910/DVN/TJCLKP"},
		{"https://dataverse.harvard.edu/dataset.xhtml?persistentId=doi:10.7910/DVN/TJCLKP", "", "dataverse/10.7910/DVN/TJCLKP"},
		{"https://www.hydroshare.org/resource/b8f6eae9d89241cf8b5904033460af61/", "", "hydroshare/b8f6eae9d89241cf8b5904033460af61"},
		{"https://demo.ckan.org/dataset/sample-dataset-1", "", "ckan/https%3A%2F%2Fdemo.ckan.org%2Fdataset%2Fsample-dataset-1"},
		{"https://mybinder.org/v2/gh/o/r/main?urlpath=lab", "", "gh/o/r/main"},
		{"https://mybinder.org/v2/gh/o/r/main?labpath=a%2Fb.ipynb", "", "gh/o/r/main"},
		{"https://mybinder.org/v2/gh/o/r/main?filepath=i.ipynb", "", "gh/o/r/main"},
		{"https://mybinder.org/v2/git/https%3A%2F%2Fexample.org%2Fa/main", "", git + "example.org%2Fa/main"},
		{"https://hub.example.org/services/binder/build/gl/a%2Fb/x", "", "gl/a%2Fb/x"},
		{"https://github.com/v2/build", "", "gh/v2/build/HEAD"},
	} {
		repo, err := launchtest.ParseRepo(test.text, test.ref)
		if err != nil || repo.String() != test.want {
			t.Errorf("%s (%s): %s: %v; want %s", test.text, test.ref, repo, err, test.want)
		}
	}
}

func TestParseLinkKeepsItsBinder(t *testing.T) {
	t.Parallel()
	repo, err := launchtest.ParseRepo("https://hub.example.org/services/binder/v2/gh/o/r/main", "")
	if err != nil || repo.Binder != "https://hub.example.org/services/binder" {
		t.Errorf("%+v %v", repo, err)
	}
}

func TestParseRepoMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, ref, says string }{
		{"", "", "empty"},
		{"requirements", "", "OWNER/NAME"},
		{"a b/c", "", "blanks"},
		{"o/r/main", "dev", "which one"},
		{"o/r", "a..b", "no branch"},
		{"o/r", "-x", "no branch"},
		{"-o/r", "", "no name"},
		{"o/..", "", "no name"},
		{"gl/a/b/c", "", "--ref"},
		{"gl/a", "", "NAMESPACE"},
		{"git/https://example.org/a/main", "", "behind git/"},
		{"https://user:hunter2@example.org/a", "", "password"},
		{"https://github.com/o", "", "OWNER/NAME"},
		{"https://gist.github.com/0123abc", "", "USER"},
		{"ftp://example.org/a", "", "http, https, git and ssh"},
		{"https://example.org", "", "without a repository"},
		{"10.1234/abc", "", "whose DOI"},
		{"zenodo/x", "", "zenodo/DOI"},
		{"10.5281/zenodo.1", "main", "no refs"},
		{"https://", "", "no URL"},
		{strings.Repeat("x/", 2000), "", "too long"},
	} {
		repo, err := launchtest.ParseRepo(test.text, test.ref)
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %s, %v; want %q", test.text, repo, err, test.says)
		}
	}
}

// FuzzParseRepo reads anything: what comes of it is a path that leads to the same
// again.
func FuzzParseRepo(f *testing.F) {
	for _, text := range []string{
		"o/r", "gh/o/r/a/b", "https://gitlab.com/a/b/-/tree/x", "git@h:a/b", "10.5281/zenodo.1", "git/https%3A%2F%2Fa%2Fb/HEAD",
		"https://mybinder.org/v2/gl/a%2Fb/x?urlpath=lab", "https://h/dataset/%2f", "o/r@%20", "v2/v2/v2",
	} {
		f.Add(text, "")
		f.Add(text, "main")
	}
	f.Fuzz(func(t *testing.T, text, ref string) {
		repo, err := launchtest.ParseRepo(text, ref)
		if err != nil {
			return
		}
		address, err := url.Parse("https://binder/build/" + repo.String())
		if err != nil || address.RawQuery != "" || address.Fragment != "" || address.Host != "binder" {
			t.Fatalf("%q becomes %q: %v", text, repo, err)
		}
		if strings.ContainsAny(repo.String(), " \n\r\t") {
			t.Fatalf("%q becomes %q", text, repo)
		}
		again, err := launchtest.ParseRepo(repo.String(), "")
		if err != nil || again.String() != repo.String() {
			t.Fatalf("%q becomes %q, and that %q: %v", text, repo, again, err)
		}
	})
}

func TestFresh(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"binder-examples/requirements": "gh/binder-examples/requirements/head",
		"a/b":                          "",
		"https://gitlab.com/some-group/some-project":  "gl/some-group%2fsome-project/head",
		"https://git.some-university.example.org/a/b": "git/https%3a%2f%2fgit.some-university.example.org%2fa%2fb/head",
		"https://git.ab.de/a/b":                       "!",
		"owner/nm":                                    "git/https%3a%2f%2fgithub.com%2fowner%2fnm/head",
		"10.5281/zenodo.3242074":                      "!",
		"https://gist.github.com/u/0123abc":           "git/https%3a%2f%2fgist.github.com%2f0123abc.git/head",
	} {
		repo, err := launchtest.ParseRepo(text, "")
		if err != nil {
			t.Fatal(err)
		}
		number := uint64(1)
		fresh := launchtest.NewFresh(func() uint64 { number = number*6364136223846793005 + 1442695040888963407; return number })
		seen := map[string]bool{}
		for range 100 {
			spelt, err := fresh.Spell(repo)
			if want == "!" {
				if err == nil {
					t.Errorf("%s: spelt %s", text, spelt)
				}
				break
			}
			if err != nil || seen[spelt.String()] || want != "" && strings.ToLower(spelt.String()) != want || !strings.HasSuffix(spelt.String(), "/HEAD") {
				t.Errorf("%s: %s, %v", text, spelt, err)
				break
			}
			seen[spelt.String()] = true
		}
	}
}
