package cluster

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// userPod is a user's pod with what may tell its repository.
func userPod(repoURL, username, image string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{UsernameKey: username}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{
			{Name: "sidecar", Image: "sidecar:1", Env: []corev1.EnvVar{{Name: repoURLVariable, Value: "https://github.com/not/this"}}},
			{Name: notebookName, Image: image, Env: []corev1.EnvVar{{Name: repoURLVariable, Value: repoURL}}},
		}},
	}
}

func TestRepoOfBestFirst(t *testing.T) {
	t.Parallel()
	const (
		address  = "https://github.com/owner/name"
		username = "other-repo-ab12cd34"
		image    = "registry.example.org/i-third-2drepo-65ba8f:596b52f"
	)
	for name, tc := range map[string]struct {
		pod  *corev1.Pod
		want Repo
	}{
		"the URL in the pod":     {userPod(address, username, image), Repo{"owner/name", address, FromSpec}},
		"then the user's name":   {userPod("", username, image), Repo{"other-repo", "", FromUsername}},
		"then the image":         {userPod("", "", image), Repo{"third-repo", "", FromImage}},
		"a user who is a person": {userPod("", "alice", image), Repo{"third-repo", "", FromImage}},
		"then nothing":           {userPod("", "alice", "jupyter/base-notebook:latest"), Repo{UnknownRepo, "", FromNothing}},
		"a URL that is none":     {userPod("see the readme", username, image), Repo{"other-repo", "", FromUsername}},
		"a pod of nothing":       {&corev1.Pod{}, Repo{UnknownRepo, "", FromNothing}},
		"a build's annotation": {
			&corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{buildRepoKey: address}},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: builderName, Image: "quay.io/jupyterhub/repo2docker:2024"}}},
			},
			Repo{"owner/name", address, FromSpec},
		},
		"a variable that Kubernetes fills in": {
			&corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{
				Name: notebookName,
				Env:  []corev1.EnvVar{{Name: repoURLVariable, ValueFrom: &corev1.EnvVarSource{}}},
			}}}},
			Repo{UnknownRepo, "", FromNothing},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := RepoOf(tc.pod)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("RepoOf (-want +got):\n%s", diff)
			}
			if certain := tc.want.From == FromSpec; got.Certain() != certain {
				t.Errorf("Certain() = %v, want %v", got.Certain(), certain)
			}
		})
	}
}

func TestRepoOfURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct{ name, url string }{
		"https://github.com/owner/name":                  {"owner/name", "https://github.com/owner/name"},
		"https://github.com/Owner/Name.git":              {"Owner/Name", "https://github.com/Owner/Name.git"},
		"https://github.com/owner/name/":                 {"owner/name", "https://github.com/owner/name/"},
		"https://GitHub.com/owner/name":                  {"owner/name", "https://GitHub.com/owner/name"},
		"git@github.com:owner/name.git":                  {"owner/name", "ssh://github.com/owner/name.git"},
		"ssh://git@gitlab.com/group/name":                {"gitlab.com/group/name", "ssh://gitlab.com/group/name"},
		"https://gist.github.com/owner/0123abcd":         {"gist.github.com/owner/0123abcd", "https://gist.github.com/owner/0123abcd"},
		"https://doi.org/10.5281/zenodo.3242074":         {"doi.org/10.5281/zenodo.3242074", "https://doi.org/10.5281/zenodo.3242074"},
		"https://gitlab.com/group/sub/name.git":          {"gitlab.com/group/sub/name", "https://gitlab.com/group/sub/name.git"},
		"https://git.example.org:8443/owner/name":        {"git.example.org:8443/owner/name", "https://git.example.org:8443/owner/name"},
		"https://user:secret@git.example.org/owner/name": {"git.example.org/owner/name", "https://git.example.org/owner/name"},
		"https://secret@github.com/owner/name":           {"owner/name", "https://github.com/owner/name"},
		"https://github.com/owner/name?token=secret":     {"owner/name", "https://github.com/owner/name"},
		"https://github.com/owner/name#secret":           {"owner/name", "https://github.com/owner/name"},
		"ssh://git:secret@github.com/owner/name":         {"owner/name", "ssh://github.com/owner/name"},
		"https://user:secret@bad host/owner/name":        {UnknownRepo, ""},
		"https://user:secret@host:port/owner/name":       {UnknownRepo, ""},
		"user:secret@github.com/owner/name":              {UnknownRepo, ""},
		"/owner/name":                                    {UnknownRepo, ""},
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			got := RepoOf(userPod(address, "", ""))
			if got.Name != want.name || got.URL != want.url {
				t.Errorf("RepoOf = %q, %q; want %q, %q", got.Name, got.URL, want.name, want.url)
			}
			if strings.Contains(got.Name+got.URL, "secret") {
				t.Errorf("credentials were kept: %+v", got)
			}
		})
	}
}

func TestRepoOfImage(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"oci.2i2c.mybinder.org/mybinder-builds/i-minrk-2dligo-2dbinder-65ba8f:596b52f1": "minrk-ligo-binder",
		"gcr.io/binder/r2d-minrk-2dligo-2dbinder-65ba8f:596b52f1":                       "minrk-ligo-binder",
		"registry:5000/binder-owner-2dna-2eme-5fx-65ba8f:1":                             "owner-na.me_x",
		"i-zenodo-2d3242074-65ba8f:1":                                                   "zenodo-3242074",
		// The git provider escapes the whole URL.
		"r/i-https-3a-2f-2fgithub-2ecom-2fminrk-2fligo-2dbinder-65ba8f:head":              "minrk/ligo-binder",
		"r/r2d-https-3a-2f-2fgitlab-2ecom-2fgroup-2fname-2egit-65ba8f:head":               "gitlab.com/group/name",
		"r/i-git-40github-2ecom-3aowner-2fname-65ba8f:head":                               "owner/name",
		"r/i-https-3a-2f-2fuser-3asecret-40example-2eorg-2fowner-2fname-65ba8f:head":      "example.org/owner/name",
		"r/i-https-3a-2f-2fuser-3asecret-40example-2eorg-3aport-2fowner-2fname-65ba8f:hd": UnknownRepo,
		// These are no images of BinderHub's.
		"i-minrk-2dligo-2dbinder-65ba8f":                 UnknownRepo, // no tag
		"i-minrk-2dligo-2dbinder-65ba8f@sha256:0123abcd": UnknownRepo,
		"quay.io/jupyter/scipy-notebook:latest":          UnknownRepo,
		"example.org/my-docker:1":                        UnknownRepo, // six letters, but no hash
		"example.org/65ba8f:1":                           UnknownRepo,
		"-:":                                             UnknownRepo,
		"":                                               UnknownRepo,
	} {
		t.Run(image, func(t *testing.T) {
			t.Parallel()
			got := RepoOf(userPod("", "", image))
			if got.Name != want || got.URL != "" || got.Certain() {
				t.Errorf("RepoOf = %+v, want the guess %q", got, want)
			}
		})
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for escaped, want := range map[string]string{
		"owner-2dname":         "owner-name",
		"a-2eb-5fc-2fd-3ae-40": "a.b_c/d:e@",
		"plain":                "plain",
		"-2":                   "-2",
		"-":                    "-",
		"name-2":               "name-2",
		"a--2db":               "a--b",
		"not-zz-escaped":       "not-zz-escaped",
		"control-0a-1b-7f-ff":  "control-0a-1b-7f-ff", // nothing that a terminal obeys
		"-2d-2d":               "--",
		"signs-+1-_1-0x":       "signs-+1-_1-0x",
		"":                     "",
	} {
		if got := unescape(escaped); got != want {
			t.Errorf("unescape(%q) = %q, want %q", escaped, got, want)
		}
	}
}

func TestParseRepoPattern(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"owner/name":                           "owner/name",
		"Owner/Name":                           "owner/name",
		"owner/name.git":                       "owner/name",
		"owner/name/":                          "owner/name",
		"gh/owner/name":                        "owner/name",
		"gh/name":                              "gh/name", // an owner called gh
		"https://github.com/gh/name":           "gh/name",
		"github.com/owner/name":                "owner/name",
		"https://github.com/Owner/name.git":    "owner/name",
		"https://user:pw@github.com/o/n":       "o/n",
		"git@github.com:owner/name.git":        "owner/name",
		"ssh://git@gitlab.com/group/name":      "gitlab.com/group/name",
		"gitlab.com/group/name":                "gitlab.com/group/name",
		"https://gitlab.com/group/sub/name":    "gitlab.com/group/sub/name",
		"doi.org/10.5281/zenodo.3242074":       "doi.org/10.5281/zenodo.3242074",
		"https://doi.org/10.5281/zenodo.32420": "doi.org/10.5281/zenodo.32420",
		"jupyterlab/*":                         "jupyterlab/*",
		"https://github.com/jupyterlab/*":      "jupyterlab/*",
		"unknown":                              UnknownRepo,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := ParseRepoPattern(text)
			if err != nil || got.String() != want {
				t.Errorf("ParseRepoPattern = %q, %v; want %q", got, err, want)
			}
			if got.IsZero() {
				t.Error("a parsed pattern is zero")
			}
		})
	}
}

func TestParseRepoPatternMistakes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "/", "*", "owner", "owner/", "gh/", "https://github.com/owner", "https://github.com",
		"owner/[name", "https://host:port/owner/name", "owner/name other/name", "owner /name",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := ParseRepoPattern(text)
			if err == nil {
				t.Fatalf("ParseRepoPattern = %q, want an error", got)
			}
			if !strings.Contains(err.Error(), text) || !got.IsZero() {
				t.Errorf("ParseRepoPattern = %q, %v; want nothing and an error that quotes the text", got, err)
			}
		})
	}
}

func TestRepoPatternMatch(t *testing.T) {
	t.Parallel()
	const no, guess, yes = "no", "only as a guess", "yes"
	for name, tc := range map[string]struct {
		pattern string
		repo    Repo
		want    string
	}{
		"the same":                 {"owner/name", Repo{Name: "owner/name", From: FromSpec}, yes},
		"another case":             {"owner/NAME", Repo{Name: "Owner/Name", From: FromSpec}, yes},
		"another name":             {"owner/name", Repo{Name: "owner/names", From: FromSpec}, no},
		"another owner":            {"owner/name", Repo{Name: "other/name", From: FromSpec}, no},
		"another host":             {"owner/name", Repo{Name: "gitlab.com/owner/name", From: FromSpec}, no},
		"an owner's":               {"jupyterlab/*", Repo{Name: "jupyterlab/jupyterlab-demo", From: FromSpec}, yes},
		"a part":                   {"*/jupyterlab-*", Repo{Name: "jupyterlab/jupyterlab-demo", From: FromSpec}, yes},
		"a star is one segment":    {"gitlab.com/*", Repo{Name: "gitlab.com/group/name", From: FromSpec}, no},
		"two stars are two":        {"gitlab.com/*/*", Repo{Name: "gitlab.com/group/name", From: FromSpec}, yes},
		"a guess of it":            {"owner/name", Repo{Name: "owner-name", From: FromUsername}, guess},
		"a guess from the image":   {"owner/na-me", Repo{Name: "owner-na-me", From: FromImage}, guess},
		"a guess of an owner's":    {"owner/*", Repo{Name: "owner-na-me", From: FromUsername}, guess},
		"a guess that has slashes": {"owner/name", Repo{Name: "owner/name", From: FromImage}, yes},
		"a guess of another":       {"owner/name", Repo{Name: "owner-other", From: FromUsername}, no},
		"certainly no guess":       {"owner/name", Repo{Name: "owner-name", From: FromSpec}, no},
		"unknown":                  {"unknown", Repo{Name: UnknownRepo, From: FromNothing}, yes},
		"not unknown":              {"*/*", Repo{Name: UnknownRepo, From: FromNothing}, no},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := ParseRepoPattern(tc.pattern)
			if err != nil {
				t.Fatal(err)
			}
			got := no
			switch {
			case p.Match(tc.repo) && p.MightMatch(tc.repo):
				got = yes
			case p.MightMatch(tc.repo):
				got = guess
			case p.Match(tc.repo):
				got = "matches, and might not"
			}
			if got != tc.want {
				t.Errorf("%s matches %s: %s, want %s", tc.pattern, tc.repo.Name, got, tc.want)
			}
		})
	}
}

func TestRepoPatternText(t *testing.T) {
	t.Parallel()
	written, err := ParseRepoPattern("https://github.com/Owner/name-*.git")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(written)
	if err != nil || string(text) != `"owner/name-*"` {
		t.Fatalf("written as %s, %v", text, err)
	}
	var read RepoPattern
	if err := json.Unmarshal(text, &read); err != nil || read != written {
		t.Errorf("read back as %q, %v", read, err)
	}
	if err := json.Unmarshal([]byte(`"owner"`), &read); err == nil {
		t.Error("a pattern that is none was read")
	}
}

func FuzzParseRepoPattern(f *testing.F) {
	for _, seed := range []string{
		"owner/name", "gh/owner/name", "gh/gh/x", "https://github.com/gh/x", "git@github.com:o/n.git.git", "https://h/%2f%3a",
		"unknown", "a/[b", "jupyterlab/*", "https://u:p@host/x/", "gh/https://x/y", "GH/A/B", "a/\\*", "Ⱥ/İ", "a/\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := ParseRepoPattern(text)
		if err != nil {
			return
		}
		second, err := ParseRepoPattern(first.String())
		if err != nil || second != first {
			t.Errorf("%q is %q, which is %q, %v", text, first, second, err)
		}
		first.Match(Repo{Name: text, From: FromSpec})
		first.MightMatch(Repo{Name: text, From: FromImage})
	})
}

func FuzzRepoOf(f *testing.F) {
	for _, seed := range []string{
		"alice", "owner-name-ab12cd34", "-ab12cd34", "r/i-owner-2dname-65ba8f:1", "r2d--65ba8f:", "https://u:p@h/o/n",
		"i-https-3a-2f-2fu-3ap-40h-2fo-65ba8f:1", "a-\xff-2", "git@h:o/n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, pod := range []*corev1.Pod{userPod(text, "", ""), userPod("", text, ""), userPod("", "", text)} {
			repo := RepoOf(pod)
			if repo.Name == "" || repo.From == "" {
				t.Errorf("%q: %+v does not say what it is", text, repo)
			}
			if repo.Certain() != (repo.URL != "") {
				t.Errorf("%q: %+v is certain without a URL, or has one without being certain", text, repo)
			}
			if repo.From == FromImage && strings.Contains(repo.Name, "@") {
				t.Errorf("%q: %+v kept what may be a password", text, repo)
			}
		}
	})
}
