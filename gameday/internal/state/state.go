// Package state knows the folder in which a game day keeps everything it is.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Dir is a game day's folder.
type Dir string

// Root is the folder in which game days' folders are by default.
func Root() (string, error) {
	if state := os.Getenv("XDG_STATE_HOME"); state != "" {
		return filepath.Join(state, "binderctl", "gameday"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find state folder: %w", err)
	}
	return filepath.Join(home, ".local", "state", "binderctl", "gameday"), nil
}

// Info is what the commands need to know of a game day that another started.
type Info struct {
	Name      string    `json:"name"`
	Namespace string    `json:"namespace"`
	Scenario  string    `json:"scenario"` // its title
	Started   time.Time `json:"started"`
	Socket    string    `json:"socket"` // where the supervisor answers
	EtcdPort  int       `json:"etcdPort"`
	Kubelets  int       `json:"kubelets"` // the port on which all kubelets answer
	// HubPort and ProxyPort are where the Hub's and the proxy's API are reached
	// on 127.0.0.1, by a port-forward too: whoever plays the Hub listens there.
	HubPort   int `json:"hubPort"`
	ProxyPort int `json:"proxyPort"`
	// HubControl is where the game day's own Hub is told its faults; "" without one.
	HubControl string `json:"hubControl,omitempty"`
	// BinderPort and PublicPort are where BinderHub and the users' servers are
	// reached on 127.0.0.1; RedirectorPort that of the federation, and MemberPort
	// that of its second member; 0 without them.
	BinderPort     int `json:"binderPort,omitempty"`
	PublicPort     int `json:"publicPort,omitempty"`
	RedirectorPort int `json:"redirectorPort,omitempty"`
	MemberPort     int `json:"memberPort,omitempty"`
	// BinderControl is where the game day's own BinderHub is told its faults, and
	// tells its record of launches; "" without one.
	BinderControl string `json:"binderControl,omitempty"`
	// Health is where each component says whether it is well.
	Health map[string]string `json:"health"`
}

// Kubeconfig is the operator's kubeconfig.
func (d Dir) Kubeconfig() string { return d.in("kubeconfig") }

// InternalKubeconfig is that of the game day itself, which may do everything.
func (d Dir) InternalKubeconfig() string { return d.in("internal.kubeconfig") }

// Keys is the folder of certificates and tokens.
func (d Dir) Keys() string { return d.in("keys") }

// Logs is the folder of the components' output.
func (d Dir) Logs() string { return d.in("logs") }

// ContainerLogs is the folder of what the simulated containers wrote.
func (d Dir) ContainerLogs() string { return d.in("container-logs") }

// HubLog is what the hub container wrote.
func (d Dir) HubLog() string { return filepath.Join(d.ContainerLogs(), "hub.log") }

// HubConfig is how the game day's own Hub is set.
func (d Dir) HubConfig() string { return d.in("hub.json") }

// HubDatabase is what the game day's own Hub knows.
func (d Dir) HubDatabase() string { return d.in("hub-database.json") }

// BinderConfig is how the game day's own BinderHub is set.
func (d Dir) BinderConfig() string { return d.in("binder.json") }

// LaunchRecord is when each stage of each launch really began and ended: lines of
// JSON.
func (d Dir) LaunchRecord() string { return d.in("launches.ndjson") }

// Drill is what became of a drill: lines of JSON. Other game days have none.
func (d Dir) Drill() string { return d.in("drill.ndjson") }

// AuditPolicy is what the API server logs of a drill.
func (d Dir) AuditPolicy() string { return d.in("audit-policy.yaml") }

// Audit is what the operator asked of the API server: lines of JSON.
func (d Dir) Audit() string { return d.in("audit.ndjson") }

// Etcd is the folder of etcd's data.
func (d Dir) Etcd() string { return d.in("etcd") }

// KwokConfig is how the simulated kubelets behave.
func (d Dir) KwokConfig() string { return d.in("kwok.yaml") }

// Scenario is the scenario that was loaded.
func (d Dir) Scenario() string { return d.in("scenario.yaml") }

// Log is where a component's output goes.
func (d Dir) Log(component string) string { return filepath.Join(d.Logs(), component+".log") }

func (d Dir) info() string          { return d.in("info.json") }
func (d Dir) in(name string) string { return filepath.Join(string(d), name) }

// Create makes the folder and those in it, for the owner's eyes only.
func (d Dir) Create() error {
	for _, path := range []string{d.Keys(), d.Logs()} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("make state folder: %w", err)
		}
	}
	return nil
}

// Remove removes the folder. It refuses one that no game day made.
func (d Dir) Remove() error {
	if _, err := os.Stat(string(d)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if ours, err := d.Ours(); err != nil || !ours {
		return errors.Join(fmt.Errorf("remove state: %s does not look like a game day's folder", d), err)
	}
	if err := os.RemoveAll(string(d)); err != nil {
		return fmt.Errorf("remove state: %w", err)
	}
	return nil
}

// Ours says whether the folder is empty, absent or made by a game day, so that
// a mistyped --dir does no harm.
func (d Dir) Ours() (bool, error) {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look into state folder: %w", err)
	}
	_, err = os.Stat(d.Keys())
	return err == nil, nil
}

// WriteInfo leaves the info for later commands.
func (d Dir) WriteInfo(info Info) error {
	content, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.WriteFile(d.info(), append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// ReadInfo reads what WriteInfo left.
func (d Dir) ReadInfo() (Info, error) {
	var info Info
	content, err := os.ReadFile(d.info())
	if err != nil {
		return info, fmt.Errorf("read state: %w", err)
	}
	if err := json.Unmarshal(content, &info); err != nil {
		return info, fmt.Errorf("read state %s: %w", d.info(), err)
	}
	return info, nil
}
