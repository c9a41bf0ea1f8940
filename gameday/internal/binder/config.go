package binder

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/kubelet"
)

// Config is what BinderHub's process is told by the command that starts it.
type Config struct {
	Namespace   string `json:"namespace"`
	Release     string `json:"release"`
	ImagePrefix string `json:"imagePrefix"`

	Kubeconfig  string `json:"kubeconfig"`
	Port        int    `json:"port"`       // BinderHub's
	PublicPort  int    `json:"publicPort"` // of the proxy before the users' servers
	HubPort     int    `json:"hubPort"`
	ProxyPort   int    `json:"proxyPort"` // of the proxy's API
	ControlPort int    `json:"controlPort"`
	ControlKey  string `json:"controlKey"` // the control's path, which nobody guesses
	Record      string `json:"record"`     // a file

	// RedirectorPort is the federation's, and MemberPort that of its second
	// member, which is this BinderHub under another address; 0 without one.
	RedirectorPort int `json:"redirectorPort"`
	MemberPort     int `json:"memberPort"`

	HubToken    string `json:"hubToken"`
	ProxyToken  string `json:"proxyToken"`
	TokenSecret string `json:"tokenSecret"` // that build tokens are signed with

	Keepalive     time.Duration `json:"keepalive"`
	Linger        time.Duration `json:"linger"` // after a fresh build
	Retries       int           `json:"retries"`
	RetryDelay    time.Duration `json:"retryDelay"` // doubled each time
	LaunchTimeout time.Duration `json:"launchTimeout"`
	RateLimit     int           `json:"rateLimit"` // an hour and address; 0: none
	Quota         int           `json:"quota"`     // of user pods; 0: none
	RepoQuota     int           `json:"repoQuota"` // of user pods of a repository; 0: none
	Capitalised   bool          `json:"capitalised"`
	Pushing       bool          `json:"pushing"` // the build's log tells of it
	Lines         int           `json:"lines"`   // of a build's log
	Banned        []string      `json:"banned"`  // regular expressions of specs
	Missing       []string      `json:"missing"` // the same, of repositories that are not there

	Resolve     time.Duration `json:"resolve"`
	Spread      time.Duration `json:"spread"` // by so much longer at most
	Fetch       time.Duration `json:"fetch"`
	Build       time.Duration `json:"build"`
	Push        time.Duration `json:"push"`
	Nodes       kubelet.Times `json:"nodes"`
	KernelStart time.Duration `json:"kernelStart"`

	Repos   []binderhub.Repo `json:"repos"`  // whose images are there
	Faults  []string         `json:"faults"` // from the beginning
	Jupyter string           `json:"jupyter"`
}

// NodeTimes are how long things take on a node.
type NodeTimes = kubelet.Times

// ReadConfig reads what WriteConfig wrote.
func ReadConfig(path string) (*Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read BinderHub's settings: %w", err)
	}
	config := new(Config)
	if err := json.Unmarshal(content, config); err != nil {
		return nil, fmt.Errorf("read BinderHub's settings: %w", err)
	}
	return config, nil
}

// WriteConfig keeps the settings for BinderHub's process.
func WriteConfig(path string, config *Config) error {
	content, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("write BinderHub's settings: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write BinderHub's settings: %w", err)
	}
	return nil
}
