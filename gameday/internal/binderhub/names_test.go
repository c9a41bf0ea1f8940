package binderhub

import "testing"

// The names on the right were made by the real KubeSpawner and BinderHub.
func TestNamesAreTheRealOnes(t *testing.T) {
	for _, test := range []struct{ kubespawner, user, pod, label string }{
		{"7", "ipython-ipython-in-depth-ab12cd34", "jupyter-ipython-ipython-in-depth-ab12cd34", "ipython-ipython-in-depth-ab12cd34"},
		{"7", "2i2c-org-some.repo_x-564nkskl", "jupyter-x-2i2c-org-some-repo-x-564nkskl---f241c9c9", "2i2c-org-some.repo_x-564nkskl"},
		{"7", "a--b-ab12cd34", "jupyter-a-b-ab12cd34---fbb35919", "a--b-ab12cd34"},
		{"6", "ipython-ipython-in-depth-ab12cd34", "jupyter-ipython-2dipython-2din-2ddepth-2dab12cd34", "ipython-2dipython-2din-2ddepth-2dab12cd34"},
		{"6", "2i2c-org-some.repo_x-564nkskl", "jupyter-2i2c-2dorg-2dsome-2erepo-5fx-2d564nkskl", "2i2c-2dorg-2dsome-2erepo-5fx-2d564nkskl"},
	} {
		pod, label := podName(test.kubespawner, test.user)
		if pod != test.pod || label != test.label {
			t.Errorf("podName(%q, %q) = %q, %q; want %q, %q", test.kubespawner, test.user, pod, label, test.pod, test.label)
		}
	}
}

func TestImagesAndBuildsAreNamedAsBinderHubDoes(t *testing.T) {
	for url, want := range map[string]string{
		"https://github.com/minrk/ligo-binder":     "i-minrk-2dligo-2dbinder-65ba8f",
		"https://github.com/Minrk/ligo-binder.git": "i-minrk-2dligo-2dbinder-26c6a4",
	} {
		if got := Image("i-", Repo{URL: url}); got != want {
			t.Errorf("Image(%q) = %q, want %q", url, got, want)
		}
	}
	repo := Repo{URL: "https://github.com/minrk/ligo-binder", Commit: "596b52f10efb0c9befc0c4ae850cc5175297d71c"}
	if got, want := BuildName(repo, 1), "build-minrk-2dligo-2dbinder-65ba8f-596-01"; got != want {
		t.Errorf("BuildName = %q, want %q", got, want)
	}
}
