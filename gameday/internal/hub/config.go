package hub

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// Config is what the Hub's process is told by the command that starts it.
type Config struct {
	Namespace   string `json:"namespace"`
	Release     string `json:"release"`
	Kubespawner string `json:"kubespawner"` // "6" or "7"
	Version     string `json:"version"`     // of JupyterHub, as it is reported

	Kubeconfig  string `json:"kubeconfig"`
	HubPort     int    `json:"hubPort"`
	ProxyPort   int    `json:"proxyPort"`
	ControlPort int    `json:"controlPort"`
	ControlKey  string `json:"controlKey"` // the control's path, which nobody guesses
	Database    string `json:"database"`   // a file
	Log         string `json:"log"`        // that of the hub container, a file

	BinderToken string `json:"binderToken"`
	ProxyToken  string `json:"proxyToken"`
	CullerToken string `json:"cullerToken"`

	StartsIn     time.Duration `json:"startsIn"` // how long a new pod takes to become ready
	EndsIn       time.Duration `json:"endsIn"`   // how long it takes to go
	StartTimeout time.Duration `json:"startTimeout"`
	SlowStop     time.Duration `json:"slowStop"` // after which a stop is answered with 202
	HTTPTimeout  time.Duration `json:"httpTimeout"`
	PollInterval time.Duration `json:"pollInterval"`
	SlowBy       time.Duration `json:"slowBy"`       // what the fault "slow" adds
	SpawnLimit   int           `json:"spawnLimit"`   // 0: as many at once as one likes
	FailureLimit int           `json:"failureLimit"` // 0: the Hub never gives up
	Held         bool          `json:"held"`         // somebody other than KWOK starts the containers of new pods

	Cull     Cull             `json:"cull"`
	Launches *Launches        `json:"launches,omitempty"`
	Repos    []binderhub.Repo `json:"repos"` // what is launched; each as often as its weight
	Seed     uint64           `json:"seed"`
	History  []Failed         `json:"history"` // launches that failed before the game day
}

// Cull is how the idle culler is set.
type Cull struct {
	Awake   bool          `json:"awake"`
	Users   bool          `json:"users"` // it removes users without a server too
	Timeout time.Duration `json:"timeout"`
	Every   time.Duration `json:"every"`
	MaxAge  time.Duration `json:"maxAge"` // 0: no limit
}

// Launches are what users do.
type Launches struct {
	Every    time.Duration `json:"every"`
	StayFrom time.Duration `json:"stayFrom"`
	StayTo   time.Duration `json:"stayTo"`
}

// Failed is a launch that failed: of a user whose pod the Hub lost.
type Failed struct {
	User string    `json:"user"`
	Pod  string    `json:"pod"`
	At   time.Time `json:"at"` // when it began
}

// ReadConfig reads what WriteConfig wrote.
func ReadConfig(path string) (*Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the Hub's settings: %w", err)
	}
	config := new(Config)
	if err := json.Unmarshal(content, config); err != nil {
		return nil, fmt.Errorf("read the Hub's settings: %w", err)
	}
	return config, nil
}

// WriteConfig keeps the settings for the Hub's process.
func WriteConfig(path string, config *Config) error {
	content, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("write the Hub's settings: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write the Hub's settings: %w", err)
	}
	return nil
}

// podKey is how the Hub's log names a pod.
func (c *Config) podKey(pod string) string { return c.Namespace + "/" + pod }
