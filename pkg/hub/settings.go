package hub

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Settings are those of a Hub's deployment that binderctl judges by. The chart
// keeps its values in the Hub's Secret, under values.yaml; where that cannot be
// read, or leaves one out, the default stands.
type Settings struct {
	// StartTimeout is how long a server may take to start (singleuser.startTimeout;
	// 300 s is the z2jh default), and to stop.
	StartTimeout time.Duration
	// MaxAge is the age at which the idle culler stops any server (cull.maxAge;
	// z2jh's default is 0, never; mybinder.org has 6 h). 0 if it never does.
	MaxAge time.Duration
	// CullEvery is how often the culler looks (cull.every; 600 s is the z2jh default).
	CullEvery time.Duration
	// Culls reports whether there is a culler at all (cull.enabled).
	Culls bool
	// FailureLimit is after how many failed launches in a row the Hub gives up and
	// exits (hub.consecutiveFailureLimit; 5 is the z2jh default).
	FailureLimit int
	// CleanupServers reports whether the Hub stops every server when it stops
	// itself (hub.config.JupyterHub.cleanup_servers, or hub.extraConfig; false is
	// the z2jh default).
	CleanupServers bool
	// Database is where the Hub keeps what it knows (hub.db.type; sqlite-pvc is
	// the z2jh default). sqlite-memory is lost with the pod.
	Database string
	// BaseURL is the path below which JupyterHub lives (hub.baseUrl; "/" is the
	// z2jh default). It begins and ends with a slash.
	BaseURL string
	// Read reports whether the chart's values were there to read.
	Read bool
}

// MarshalJSON gives the settings names of their own, and durations in seconds.
func (s Settings) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		StartTimeout   float64 `json:"startTimeoutSeconds"`
		MaxAge         float64 `json:"maxAgeSeconds"` // 0 is any
		CullEvery      float64 `json:"cullEverySeconds"`
		Culls          bool    `json:"culls"`
		FailureLimit   int     `json:"failureLimit"`
		CleanupServers bool    `json:"cleanupServers"`
		Database       string  `json:"database"`
		BaseURL        string  `json:"baseURL"`
		Read           bool    `json:"read"` // else these are the defaults
	}{
		s.StartTimeout.Seconds(), s.MaxAge.Seconds(), s.CullEvery.Seconds(), s.Culls, s.FailureLimit,
		s.CleanupServers, s.Database, s.BaseURL, s.Read,
	})
}

// Defaults are z2jh's.
func Defaults() Settings {
	return Settings{
		StartTimeout: 300 * time.Second,
		CullEvery:    600 * time.Second,
		Culls:        true,
		FailureLimit: 5,
		Database:     "sqlite-pvc",
		BaseURL:      "/",
	}
}

// ReadSettings reads how the Hub of the client's namespace was deployed. It takes
// the right to read its Secret.
func ReadSettings(ctx context.Context, c *cluster.Client, opts Options) (Settings, error) {
	secret, err := readSecret(ctx, c, opts.Secret, likeliestPod(ctx, c))
	if err != nil {
		return Defaults(), err
	}
	return settingsOf(secret), nil
}

// values are those of the chart that are read. All that is secret in them has no
// field here.
type values struct {
	Hub struct {
		BaseURL      string `json:"baseUrl"`
		FailureLimit *int   `json:"consecutiveFailureLimit"`
		DB           struct {
			Type string `json:"type"`
		} `json:"db"`
		Config struct {
			JupyterHub struct {
				CleanupServers *bool `json:"cleanup_servers"`
			} `json:"JupyterHub"`
		} `json:"config"`
		ExtraConfig map[string]string `json:"extraConfig"`
	} `json:"hub"`
	Singleuser struct {
		StartTimeout *float64 `json:"startTimeout"`
	} `json:"singleuser"`
	Cull struct {
		Enabled *bool    `json:"enabled"`
		Every   *float64 `json:"every"`
		MaxAge  *float64 `json:"maxAge"`
	} `json:"cull"`
}

// settingsOf reads the chart's values in the Hub's Secret.
func settingsOf(secret *corev1.Secret) Settings {
	settings := Defaults()
	var v values
	if text := secret.Data[valuesKey]; len(text) == 0 || yaml.Unmarshal(text, &v) != nil {
		return settings
	}
	settings.Read = true
	settings.StartTimeout = seconds(v.Singleuser.StartTimeout, settings.StartTimeout)
	settings.CullEvery = seconds(v.Cull.Every, settings.CullEvery)
	settings.MaxAge = seconds(v.Cull.MaxAge, settings.MaxAge)
	if v.Cull.Enabled != nil {
		settings.Culls = *v.Cull.Enabled
	}
	if v.Hub.FailureLimit != nil {
		settings.FailureLimit = *v.Hub.FailureLimit
	}
	if v.Hub.DB.Type != "" {
		settings.Database = v.Hub.DB.Type
	}
	if v.Hub.BaseURL != "" {
		settings.BaseURL = strings.TrimSuffix("/"+strings.Trim(v.Hub.BaseURL, "/"), "/") + "/"
	}
	settings.CleanupServers = cleansUp(v)
	return settings
}

// cleansUp reports whether the Hub ends every server when it ends itself, by its
// configuration or by Python that the chart was given.
func cleansUp(v values) bool {
	if set := v.Hub.Config.JupyterHub.CleanupServers; set != nil && *set {
		return true
	}
	says := regexp.MustCompile(`(?m)^[^#\n]*JupyterHub\.cleanup_servers\s*=\s*True`)
	for _, code := range v.Hub.ExtraConfig {
		if says.MatchString(code) {
			return true
		}
	}
	return false
}

// mostSeconds is more than any Hub is meant to wait, and few enough to reckon with.
const mostSeconds = 100 * 365 * 24 * 60 * 60

// seconds is a number of seconds, or what holds without one.
func seconds(number *float64, otherwise time.Duration) time.Duration {
	if number == nil || *number < 0 {
		return otherwise
	}
	*number = min(*number, mostSeconds) // beyond, a duration becomes a negative one
	return time.Duration(*number * float64(time.Second))
}
