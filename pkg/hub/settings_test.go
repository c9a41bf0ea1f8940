package hub

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/binderctl/binderctl/pkg/cluster"
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
		"for ever":    {"singleuser: {startTimeout: 1.0e+30}", with(func(s *Settings) { s.StartTimeout = mostSeconds * time.Second })},
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
		guess  bool
	}{
		"BinderHub's":       {[]string{"hub.services.a.apiToken", "hub.services.binder.apiToken"}, "", "hub.services.binder.apiToken", false},
		"before 1.0":        {[]string{"services.token.binder", "proxy.token"}, "", "services.token.binder", false},
		"another's":         {[]string{"hub.services.grafana.apiToken", "values.yaml"}, "", "hub.services.grafana.apiToken", true},
		"the one asked":     {[]string{"mine", "hub.services.binder.apiToken"}, "mine", "mine", false},
		"not the asked":     {[]string{"hub.services.binder.apiToken"}, "mine", "", false},
		"nothing that fits": {[]string{"hub.config.JupyterHub.cookie_secret", "hub.config.ConfigurableHTTPProxy.auth_token"}, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := &corev1.Secret{Data: map[string][]byte{}}
			for _, key := range tc.keys {
				secret.Data[key] = []byte(key + "\n")
			}
			got, guessed, err := tokenOf(secret, tc.wanted)
			if (guessed != "") != tc.guess || got != tc.want || (tc.want == "") != errors.Is(err, ErrNoToken) {
				t.Errorf("%q, guessed %q, %v; want %q", got, guessed, err, tc.want)
			}
		})
	}
}

// A Secret that is only called like the Hub's is none of the Hub's.
func TestSecretOfSomethingElse(t *testing.T) {
	t.Parallel()
	secret := func(name, key string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "binder", Name: name}, Data: map[string][]byte{key: []byte("x")}}
	}
	mounts := &corev1.Pod{Spec: corev1.PodSpec{Volumes: []corev1.Volume{
		{VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "docker-hub"}}},
		{VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "mine-hub"}}},
	}}}
	client := &cluster.Client{
		Kube:  fake.NewClientset(secret("docker-hub", ".dockerconfigjson"), secret("mine-hub", binderTokenKey)),
		Where: cluster.Location{Namespace: "binder"},
	}
	for wanted, want := range map[string]string{"": "mine-hub", "docker-hub": "docker-hub"} {
		if got, err := readSecret(t.Context(), client, wanted, mounts); err != nil || got.Name != want {
			t.Errorf("%q is %v, %v; want %s", wanted, got, err, want)
		}
	}
}
