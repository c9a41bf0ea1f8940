// Package realhub runs the real JupyterHub on a game day: KubeSpawner, which
// makes and deletes pods in the game day's API server, configurable-http-proxy
// and the idle culler, set up as BinderHub's Helm chart does. `make test-hub`
// installs them.
//
// The hub pod of a game day is a shell. Here it has a life: the Hub runs while
// the pod is there, the pod is Ready when the Hub answers, a Hub that ends is
// started again, and what it says is the pod's log.
package realhub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Options say which game day gets a Hub.
type Options struct {
	Tools string // the folder into which make test-hub installs
	Day   string // the game day's folder
	Home  string // an empty folder, for the database and the configuration
}

// Hub is a JupyterHub that runs.
type Hub struct {
	API      API    // the base of its REST API
	ProxyAPI string // the base of its proxy's REST API
	Public   string // where users come in
	Tokens   Tokens

	options  Options
	day      day
	settings settings
	kube     kubernetes.Interface
	log      *containerLog
	users    *users
	proxy    *process
	kubelet  *kubelet
}

// Tokens are what callers show.
type Tokens struct {
	Binder string // of the service binder: it may what BinderHub may
	Ops    string // of a service that may do everything
	Proxy  string // of the proxy's API
}

// day is what a game day leaves in its folder for others to read.
type day struct {
	Namespace string `json:"namespace"`
	HubPort   int    `json:"hubPort"`
	ProxyPort int    `json:"proxyPort"`
}

// Start starts a Hub and its proxy, and returns when the Hub answers and its
// pod is Ready.
func Start(ctx context.Context, options Options) (_ *Hub, err error) {
	h := &Hub{options: options}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Stop())
		}
	}()
	if _, err := os.Stat(h.python()); err != nil {
		return nil, fmt.Errorf("find JupyterHub: %w; run: make test-hub", err)
	}
	if err := h.meet(); err != nil {
		return nil, err
	}
	if h.users, err = serveUsers(ctx); err != nil {
		return nil, err
	}
	if err := h.configure(ctx); err != nil {
		return nil, err
	}
	if err := h.startProxy(); err != nil {
		return nil, err
	}
	h.kubelet = follow(ctx, h)
	return h, h.kubelet.firstReady(ctx)
}

// meet reads what there is to know of the game day.
func (h *Hub) meet() error {
	text, err := os.ReadFile(filepath.Join(h.options.Day, "info.json"))
	if err != nil {
		return fmt.Errorf("meet game day: %w", err)
	}
	if err := json.Unmarshal(text, &h.day); err != nil {
		return fmt.Errorf("meet game day: %w", err)
	}
	path, err := logFile(h.options.Day, h.day.Namespace)
	if err != nil {
		return err
	}
	h.log = &containerLog{path: path, history: h.History()}
	config, err := clientcmd.BuildConfigFromFlags("", h.kubeconfig())
	if err != nil {
		return fmt.Errorf("meet game day: %w", err)
	}
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	h.kube, err = kubernetes.NewForConfig(config)
	return err
}

// Stop ends all of it and returns when nothing runs any more.
func (h *Hub) Stop() error {
	var errs []error
	if h.kubelet != nil {
		errs = append(errs, h.kubelet.stop())
	}
	if h.proxy != nil {
		errs = append(errs, h.proxy.stop())
	}
	if h.users != nil {
		errs = append(errs, h.users.stop())
	}
	return errors.Join(errs...)
}

// Log is what the Hub said since its pod began.
func (h *Hub) Log() (string, error) { return h.log.text() }

// History is a file with all that the Hub said, also in pods that are gone.
func (h *Hub) History() string { return filepath.Join(h.options.Home, "hub.log") }

// LoseDatabase has the Hub find an empty database when its pod is replaced
// next, as if its volume had been lost.
func (h *Hub) LoseDatabase() { h.kubelet.loseDatabase.Store(true) }

// secret reads the Secret hub.
func (h *Hub) secret(ctx context.Context) (map[string][]byte, error) {
	secret, err := h.kube.CoreV1().Secrets(h.day.Namespace).Get(ctx, "hub", metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the Hub's tokens: %w", err)
	}
	return secret.Data, nil
}

func (h *Hub) python() string     { return filepath.Join(h.options.Tools, "venv", "bin", "python") }
func (h *Hub) kubeconfig() string { return filepath.Join(h.options.Day, "kubeconfig") }
func (h *Hub) database() string   { return filepath.Join(h.options.Home, "jupyterhub.sqlite") }
