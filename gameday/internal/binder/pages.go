package binder

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/jupyter"
)

// provider describes a kind of repository, as BinderHub's form uses it.
type provider struct {
	DisplayName string `json:"displayName"`
	ID          string `json:"id"`
	Spec        struct {
		ValidateRegex string `json:"validateRegex"`
	} `json:"spec"`
	Repo struct {
		Label       string `json:"label"`
		Placeholder string `json:"placeholder"`
		URLEncode   bool   `json:"urlEncode"`
	} `json:"repo"`
	Ref struct {
		Enabled bool    `json:"enabled"`
		Default *string `json:"default,omitempty"`
	} `json:"ref"`
}

// serveProviders lists what can be launched.
func (b *Binder) serveProviders(w http.ResponseWriter, _ *http.Request) {
	describe := func(id, name, regex, label, placeholder string, encoded bool, ref string) provider {
		var p provider
		p.DisplayName, p.ID, p.Spec.ValidateRegex = name, id, regex
		p.Repo.Label, p.Repo.Placeholder, p.Repo.URLEncode = label, placeholder, encoded
		if p.Ref.Enabled = ref != ""; p.Ref.Enabled {
			p.Ref.Default = &ref
		}
		return p
	}
	const one, doi = `[^/]+/.+`, `10\.\d+/.+`
	jupyter.Respond(w, http.StatusOK, []provider{
		describe("gh", "GitHub", `[^/]+/[^/]+/.+`, "GitHub repository name or URL", "example: yuvipanda/requirements or https://github.com/yuvipanda/requirements", false, "HEAD"),
		describe("gist", "Gist", `[^/]+/[^/]+(/[^/]+)?`, "Gist ID (username/gistId) or URL", "", false, "HEAD"),
		describe("git", "Git repository", one, "Arbitrary git repository URL (http://git.example.com/repo)", "", true, "HEAD"),
		describe("gl", "GitLab", one, "GitLab repository name or URL", "", true, "HEAD"),
		describe("zenodo", "Zenodo", doi, "Zenodo DOI", "example: 10.5281/zenodo.3242074", false, ""),
		describe("figshare", "Figshare", doi, "Figshare DOI", "example: 10.6084/m9.figshare.9782777.v1", false, ""),
		describe("hydroshare", "Hydroshare", `.+`, "Hydroshare resource id or URL", "", true, ""),
		describe("dataverse", "Dataverse", doi, "Dataverse DOI", "example: 10.7910/DVN/TJCLKP", false, ""),
		describe("ckan", "CKAN", `.+`, "CKAN dataset URL", "", true, ""),
	})
}

// serveLoading is the page that launches something.
func (b *Binder) serveLoading(w http.ResponseWriter, r *http.Request) {
	asked := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), "/v2/"), "/")
	b.page(w, map[string]any{"buildToken": b.buildToken(asked, originOf(r))}, "<div id=\"root\">Loading "+html.EscapeString(asked)+"</div>")
}

// servePage is the page to begin with, and whatever else is asked for.
func (b *Binder) servePage(w http.ResponseWriter, _ *http.Request) {
	b.page(w, nil, `<div id="root">Turn a Git repo into a collection of interactive notebooks</div>`)
}

func (b *Binder) page(w http.ResponseWriter, more map[string]any, body string) {
	config := map[string]any{
		"aboutMessage": "", "badgeBaseUrl": "https://mybinder.org/", "bannerHtml": "", "baseUrl": "/", "binderVersion": versions()["binderhub"],
	}
	maps.Copy(config, more)
	text, err := json.Marshal(config)
	if err != nil {
		text = []byte("{}") // it is known to be JSON
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html>\n<head>\n  <title>Binder</title>\n  <script>\n    window.pageConfig = %s\n  </script>\n</head>\n<body>%s</body>\n</html>\n", text, body)
}
