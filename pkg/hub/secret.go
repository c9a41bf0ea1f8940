package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Names that the chart has given the Hub's Secret: "hub" since 1.0, "hub-secret"
// before. A release that is not to be alone in its namespace puts its own name
// in front; the hub pod tells that.
const (
	secretName    = "hub"
	oldSecretName = "hub-secret"
)

// Where tokens are kept in it, as the charts have named the keys.
const (
	binderTokenKey    = "hub.services.binder.apiToken"
	oldBinderTokenKey = "services.token.binder"
	proxyTokenKey     = "hub.config.ConfigurableHTTPProxy.auth_token"
	oldProxyTokenKey  = "proxy.token"
	valuesKey         = "values.yaml"
)

// isServiceToken reports whether a key holds the token of some service of the
// Hub's. BinderHub's own may list and stop servers; of another's that is not
// known.
func isServiceToken(key string) bool {
	return strings.HasPrefix(key, "hub.services.") && strings.HasSuffix(key, ".apiToken") ||
		strings.HasPrefix(key, "services.token.")
}

// tokenOf picks the token for the Hub's API, and tells its key if it is but a
// guess.
func tokenOf(secret *corev1.Secret, wanted string) (token, guessed string, err error) {
	keys := []string{wanted}
	if wanted == "" {
		others := slices.DeleteFunc(slices.Sorted(maps.Keys(secret.Data)), func(key string) bool { return !isServiceToken(key) })
		keys = slices.Concat([]string{binderTokenKey, oldBinderTokenKey}, others)
	}
	for _, key := range keys {
		value := strings.TrimSpace(string(secret.Data[key]))
		switch {
		case value == "":
			continue
		case key != wanted && key != binderTokenKey && key != oldBinderTokenKey:
			guessed = key
		}
		return value, guessed, nil
	}
	return "", "", fmt.Errorf("%w: Secret %s has no key %s", ErrNoToken, secret.Name, keys[0])
}

// proxyToken picks the token for configurable-http-proxy.
func proxyToken(secret *corev1.Secret) (string, error) {
	for _, key := range []string{proxyTokenKey, oldProxyTokenKey} {
		if value := strings.TrimSpace(string(secret.Data[key])); value != "" {
			return value, nil
		}
	}
	return "", fmt.Errorf("%w: Secret %s has no key %s", ErrNoToken, secret.Name, proxyTokenKey)
}

// readSecret reads the Hub's Secret.
func readSecret(ctx context.Context, c *cluster.Client, wanted string, pod *corev1.Pod) (*corev1.Secret, error) {
	names := []string{wanted}
	if wanted == "" {
		names = append(mounted(pod), secretName, oldSecretName)
	}
	for _, name := range names {
		secret, err := c.Kube.CoreV1().Secrets(c.Where.Namespace).Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return nil, errors.Join(ErrNoToken, fmt.Errorf("read Secret %s: %w", name, err))
		case wanted != "" || isHubs(secret):
			return secret, nil
		}
	}
	return nil, fmt.Errorf("%w: namespace %s has no Secret %s", ErrNoToken, c.Where.Namespace, names[len(names)-1])
}

// isHubs reports whether a Secret can be the Hub's, and does not just have a name
// like it, such as one with credentials for Docker Hub.
func isHubs(secret *corev1.Secret) bool {
	for key := range secret.Data {
		if key == valuesKey || key == proxyTokenKey || key == oldProxyTokenKey || isServiceToken(key) {
			return true
		}
	}
	return false
}

// mounted are the Secrets that a hub pod mounts as volumes.
func mounted(pod *corev1.Pod) []string {
	var names []string
	if pod == nil {
		return nil
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.Secret != nil && (volume.Secret.SecretName == secretName || strings.HasSuffix(volume.Secret.SecretName, "-hub")) {
			names = append(names, volume.Secret.SecretName)
		}
	}
	return names
}
