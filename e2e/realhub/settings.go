package realhub

import (
	"context"
	_ "embed" // the Hub's configuration
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"sigs.k8s.io/yaml"
)

// configuration is the Hub's; its values are those of settings.
//
//go:embed jupyterhub_config.py
var configuration []byte

// settings are what differs from one game day to the next.
type settings struct {
	Namespace   string         `json:"namespace"`
	HubPort     int            `json:"hubPort"`
	ProxyPort   int            `json:"proxyPort"`
	PublicPort  int            `json:"publicPort"`
	UserPort    int            `json:"userPort"`
	BinderToken string         `json:"binderToken"`
	OpsToken    string         `json:"opsToken"`
	ProxyToken  string         `json:"proxyToken"`
	Values      map[string]any `json:"values"` // of the Helm chart
}

// opsToken is that of a service that may do everything. Like all made-up tokens
// of a game day it begins so that one that leaks is found.
const opsToken = "gdsecret-ops-0f9e8d7c6b5a"

// configure writes the Hub's configuration. Its tokens and the chart's values
// are those that callers find in the Secret hub.
func (h *Hub) configure(ctx context.Context) error {
	secret, err := h.secret(ctx)
	if err != nil {
		return err
	}
	h.settings = settings{
		Namespace: h.day.Namespace, HubPort: h.day.HubPort, ProxyPort: h.day.ProxyPort, UserPort: h.users.port,
		BinderToken: string(secret["hub.services.binder.apiToken"]), OpsToken: opsToken,
		ProxyToken: string(secret["hub.config.ConfigurableHTTPProxy.auth_token"]),
	}
	if err := yaml.Unmarshal(secret["values.yaml"], &h.settings.Values); err != nil {
		return fmt.Errorf("read the chart's values: %w", err)
	}
	if h.settings.PublicPort, err = freePort(ctx); err != nil {
		return err
	}
	h.Tokens = Tokens{Binder: h.settings.BinderToken, Ops: opsToken, Proxy: h.settings.ProxyToken}
	h.API = API(fmt.Sprintf("http://127.0.0.1:%d/hub/api", h.day.HubPort))
	h.ProxyAPI = fmt.Sprintf("http://127.0.0.1:%d/api", h.day.ProxyPort)
	h.Public = fmt.Sprintf("http://127.0.0.1:%d", h.settings.PublicPort)
	text, err := json.MarshalIndent(h.settings, "", "  ")
	if err != nil {
		return fmt.Errorf("write the Hub's settings: %w", err)
	}
	for name, content := range map[string][]byte{"jupyterhub_config.py": configuration, "settings.json": text} {
		if err := os.WriteFile(filepath.Join(h.options.Home, name), content, 0o600); err != nil {
			return fmt.Errorf("write the Hub's configuration: %w", err)
		}
	}
	return nil
}

// The ports that are picked are below those from which the system takes one for
// each connection that is made (Linux from 32768, macOS from 49152).
const (
	lowestPort  = 12000
	highestPort = 32767
	portTries   = 100
)

// freePort is a port that is free now.
func freePort(ctx context.Context) (int, error) {
	var taken error
	for range portTries {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
		taken = err
	}
	return 0, fmt.Errorf("pick a port: %w", taken)
}

// startProxy starts the proxy, which outlives the Hub as it does on a cluster.
func (h *Hub) startProxy() error {
	log, err := os.OpenFile(filepath.Join(h.options.Home, "proxy.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("start the proxy: %w", err)
	}
	say := func(line string) { _, _ = fmt.Fprintln(log, line) }
	h.proxy, err = startProcess(h.options.Home,
		append(os.Environ(), "CONFIGPROXY_AUTH_TOKEN="+h.settings.ProxyToken), say,
		filepath.Join(h.options.Tools, "node_modules", ".bin", "configurable-http-proxy"),
		"--ip=127.0.0.1", fmt.Sprintf("--port=%d", h.settings.PublicPort),
		"--api-ip=127.0.0.1", fmt.Sprintf("--api-port=%d", h.settings.ProxyPort),
		fmt.Sprintf("--default-target=http://127.0.0.1:%d", h.settings.HubPort),
	)
	return err
}

// startProgram starts the Hub itself.
func (h *Hub) startProgram() (*process, error) {
	return startProcess(h.options.Home,
		append(os.Environ(), "KUBECONFIG="+h.kubeconfig(), "PYTHONUNBUFFERED=1"), h.log.add,
		h.python(), "-m", "jupyterhub", "--config=jupyterhub_config.py",
	)
}
