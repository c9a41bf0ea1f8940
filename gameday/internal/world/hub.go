package world

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// The keys of the Secret in which JupyterHub's Helm chart keeps what its parts
// know each other by.
const (
	hubSecret       = "hub"
	binderTokenKey  = "hub.services.binder.apiToken"
	proxyTokenKey   = "hub.config.ConfigurableHTTPProxy.auth_token"
	cookieSecretKey = "hub.config.JupyterHub.cookie_secret"
	valuesKey       = "values.yaml"
)

// secret is one that is made up for a purpose.
func (w *World) secret(what string) string {
	return binderhub.SecretPrefix + binderhub.Hex(w.random("secret/"+what, 0), 32)
}

// makeHub makes what there is of a Hub besides its pods: its Secret, and the
// Services by which it and its proxy are found.
func (w *World) makeHub() error {
	if w.scenario.Hub == nil {
		return nil
	}
	values, err := yaml.Marshal(w.hubValues())
	if err != nil {
		return fmt.Errorf("write the Hub's values: %w", err)
	}
	w.created = append(w.created, &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{
			Name: hubSecret, Namespace: w.scenario.Namespace,
			Labels: map[string]string{"app": "jupyterhub", "component": "hub", "release": w.scenario.Release},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{
			binderTokenKey:  []byte(w.secret(binderTokenKey)),
			proxyTokenKey:   []byte(w.secret(proxyTokenKey)),
			cookieSecretKey: []byte(w.secret(cookieSecretKey)),
			valuesKey:       values,
		},
	})
	w.addService("hub", "hub", 8081)
	w.addService("proxy-api", "proxy", 8001)
	return nil
}

// addService makes a Service for a component, unless the scenario has it.
func (w *World) addService(name, component string, port int32) {
	if slices.ContainsFunc(w.scenario.Services, func(s scenario.Service) bool { return s.Name == name }) {
		return
	}
	w.created = append(w.created, makeService(w.scenario.Namespace, scenario.Service{
		Name: name, Selector: w.scenario.Component(component).Labels, Port: port, Target: port,
	}))
}
