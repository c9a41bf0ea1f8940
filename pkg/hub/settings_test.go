package hub

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	with := func(change func(*Settings)) Settings {
		s := Defaults()
		s.Read = true
		change(&s)
		return s
	}
	for name, tc := range map[string]struct {
		values string
		want   Settings
	}{
		"none":        {"", Defaults()},
		"no YAML":     {"\t: [", Defaults()},
		"empty":       {"{}", with(func(*Settings) {})},
		"mybinder's":  {"cull: {enabled: true, users: true, timeout: 600, every: 660, maxAge: 21600}\n", with(func(s *Settings) { s.CullEvery, s.MaxAge = 660*time.Second, 6*time.Hour })},
		"no culler":   {"cull: {enabled: false}", with(func(s *Settings) { s.Culls = false })},
		"start":       {"singleuser: {startTimeout: 600}", with(func(s *Settings) { s.StartTimeout = 600 * time.Second })},
		"limit":       {"hub: {consecutiveFailureLimit: 0}", with(func(s *Settings) { s.FailureLimit = 0 })},
		"in memory":   {"hub: {db: {type: sqlite-memory}}", with(func(s *Settings) { s.Database = "sqlite-memory" })},
		"below":       {"hub: {baseUrl: /jupyter/}", with(func(s *Settings) { s.BaseURL = "/jupyter/" })},
		"below, bare": {"hub: {baseUrl: jupyter}", with(func(s *Settings) { s.BaseURL = "/jupyter/" })},
		"cleans up":   {"hub: {config: {JupyterHub: {cleanup_servers: true}}}", with(func(s *Settings) { s.CleanupServers = true })},
		"in Python":   {"hub: {extraConfig: {10-x: \"import os\\nc.JupyterHub.cleanup_servers = True\\n\"}}", with(func(s *Settings) { s.CleanupServers = true })},
		"in a comment": {
			"hub: {extraConfig: {10-x: \"# c.JupyterHub.cleanup_servers = True\\n\"}}", with(func(*Settings) {}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := &corev1.Secret{Data: map[string][]byte{valuesKey: []byte(tc.values)}}
			if diff := cmp.Diff(tc.want, settingsOf(secret)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokenOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		keys   []string
		wanted string
		want   string
	}{
		"BinderHub's":       {[]string{"hub.services.a.apiToken", "hub.services.binder.apiToken"}, "", "hub.services.binder.apiToken"},
		"before 1.0":        {[]string{"services.token.binder", "proxy.token"}, "", "services.token.binder"},
		"another's":         {[]string{"hub.services.grafana.apiToken", "values.yaml"}, "", "hub.services.grafana.apiToken"},
		"the one asked":     {[]string{"mine", "hub.services.binder.apiToken"}, "mine", "mine"},
		"not the asked":     {[]string{"hub.services.binder.apiToken"}, "mine", ""},
		"nothing that fits": {[]string{"hub.config.JupyterHub.cookie_secret", "hub.config.ConfigurableHTTPProxy.auth_token"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := &corev1.Secret{Data: map[string][]byte{}}
			for _, key := range tc.keys {
				secret.Data[key] = []byte(key + "\n")
			}
			got, err := tokenOf(secret, tc.wanted)
			if got != tc.want || (tc.want == "") != errors.Is(err, ErrNoToken) {
				t.Errorf("%q, %v; want %q", got, err, tc.want)
			}
		})
	}
}
