// Package config reads what an operator has settled once and for all: a file,
// and environment variables that go before it. Flags go before both.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/viper"
)

// Config holds the settings. Each is the text of the flag of the same name; ""
// is not set.
type Config struct {
	Kubeconfig     string `mapstructure:"kubeconfig"`
	Context        string `mapstructure:"context"`
	Namespace      string `mapstructure:"namespace"`
	RequestTimeout string `mapstructure:"request-timeout"`
	Color          string `mapstructure:"color"`
	MaxInFlight    string `mapstructure:"max-in-flight"`
	MaxNodes       string `mapstructure:"max-nodes"`
	HubURL         string `mapstructure:"hub-url"`
	HubTokenFile   string `mapstructure:"hub-token-file"`
	HubSecret      string `mapstructure:"hub-secret"`
	HubTokenKey    string `mapstructure:"hub-token-key"`
	BinderURL      string `mapstructure:"binder-url"`
	Members        string `mapstructure:"members"`
}

// Flags returns the settings by the name of their flag.
func (c Config) Flags() map[string]string {
	return map[string]string{
		"kubeconfig":      c.Kubeconfig,
		"context":         c.Context,
		"namespace":       c.Namespace,
		"request-timeout": c.RequestTimeout,
		"color":           c.Color,
		"max-in-flight":   c.MaxInFlight,
		"max-nodes":       c.MaxNodes,
		"hub-url":         c.HubURL,
		"hub-token-file":  c.HubTokenFile,
		"hub-secret":      c.HubSecret,
		"hub-token-key":   c.HubTokenKey,
		"binder-url":      c.BinderURL,
		"members":         c.Members,
	}
}

// OfHub are the settings that are about the Hub, and the BinderHub, of one
// namespace of one cluster.
func OfHub() []string {
	return []string{"hub-url", "hub-token-file", "hub-secret", "hub-token-key", "binder-url", "members"}
}

// EnvPrefix begins the names of the environment variables: BINDERCTL_NAMESPACE
// sets namespace, BINDERCTL_REQUEST_TIMEOUT request-timeout.
const EnvPrefix = "BINDERCTL"

// DefaultPath is where the file is when nobody says otherwise:
// $XDG_CONFIG_HOME/binderctl/config.yaml, by default in ~/.config.
func DefaultPath(getenv func(string) string) string {
	dir := getenv("XDG_CONFIG_HOME")
	if dir == "" {
		dir = filepath.Join(getenv("HOME"), ".config")
	}
	return filepath.Join(dir, "binderctl", "config.yaml")
}

// Load reads the file at path and the environment. A file that is not there is
// an error only if it must be; a key that does not exist always is.
//
// Where KUBECONFIG is set, the file's own kubeconfig, context and namespace, and
// the Hub that it names, are of another place and do not count: who exports it
// means it.
func Load(path string, must bool, getenv func(string) string) (Config, error) {
	v := viper.New()
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	if err := v.ReadInConfig(); err != nil && (must || !errors.Is(err, fs.ErrNotExist)) {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	if getenv("KUBECONFIG") != "" {
		for _, key := range slices.Concat([]string{"kubeconfig", "context", "namespace"}, OfHub()) {
			v.Set(key, "")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(Config{}.Flags())) {
		if value := getenv(variable(key)); value != "" {
			v.Set(key, value)
		}
	}
	var c Config
	if err := v.UnmarshalExact(&c); err != nil {
		return Config{}, fmt.Errorf("read configuration %s: %w", path, err)
	}
	return c, nil
}

// variable is the environment variable that sets key.
func variable(key string) string {
	name := []byte(EnvPrefix + "_" + key)
	for i, c := range name {
		switch {
		case c == '-':
			name[i] = '_'
		case c >= 'a' && c <= 'z':
			name[i] = c - 'a' + 'A'
		}
	}
	return string(name)
}
