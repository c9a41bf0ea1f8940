package cmd

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/watch"
)

var watchDeploy = filepath.Join("..", "deploy", "launch-watch")

// manifest reads a file of deploy/launch-watch; fields that its kind does not
// have are mistakes.
func manifest(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(watchDeploy, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestWatchDeployment(t *testing.T) {
	t.Parallel()
	var d appsv1.Deployment
	manifest(t, "deployment.yaml", &d)
	pod := d.Spec.Template.Spec
	c := pod.Containers[0]
	parses(t, "deployment.yaml", strings.Join(c.Args, " "))
	for what, is := range map[string]bool{
		"one replica, or all is launched twice":       *d.Spec.Replicas == 1,
		"never two of them at once":                   d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType,
		"no access to the API":                        !*pod.AutomountServiceAccountToken && pod.ServiceAccountName == "",
		"not as root":                                 *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser != 0,
		"nothing is written":                          *c.SecurityContext.ReadOnlyRootFilesystem && !*c.SecurityContext.AllowPrivilegeEscalation,
		"no capabilities":                             slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}),
		"what it may use is known":                    !c.Resources.Requests.Cpu().IsZero() && !c.Resources.Limits.Memory().IsZero(),
		"it is restarted when it is stuck":            c.LivenessProbe.HTTPGet.Path == "/healthz" && c.ReadinessProbe.HTTPGet.Path == "/healthz",
		"time to end the servers of launches":         *pod.TerminationGracePeriodSeconds >= int64((launchtest.DefaultGrace + launchtest.DefaultLimits()[launchtest.Shutdown] + alertsEnd).Seconds()),
		"the webhook comes from the variable of ours": c.Env[0].Name == watchWebhookVar && c.Env[0].ValueFrom.SecretKeyRef != nil,
		"it can be reached":                           slices.Contains(c.Args, "--listen=:9400") && c.Ports[0].ContainerPort == 9400,
	} {
		if !is {
			t.Errorf("deployment.yaml: want %s", what)
		}
	}

	var s corev1.Service
	manifest(t, "service.yaml", &s)
	for key, value := range s.Spec.Selector {
		if d.Spec.Template.Labels[key] != value {
			t.Errorf("service.yaml selects %s=%s, which the pod does not have", key, value)
		}
	}
	if s.Spec.Ports[0].TargetPort.StrVal != c.Ports[0].Name || s.Spec.Ports[0].Port != c.Ports[0].ContainerPort {
		t.Errorf("service.yaml leads to port %v", s.Spec.Ports[0])
	}

	var m serviceMonitor
	manifest(t, "servicemonitor.yaml", &m)
	for key, value := range m.Spec.Selector.MatchLabels {
		if s.Labels[key] != value {
			t.Errorf("servicemonitor.yaml selects %s=%s, which the Service does not have", key, value)
		}
	}
	if m.Kind != "ServiceMonitor" || m.Spec.Endpoints[0].Port != s.Spec.Ports[0].Name || m.Spec.Endpoints[0].Path != "/metrics" {
		t.Errorf("servicemonitor.yaml is %+v", m)
	}
}

type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
}

// serviceMonitor is what is used of the Prometheus operator's kind.
type serviceMonitor struct {
	object `json:",inline"`
	Spec   struct {
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Path     string `json:"path"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// prometheusRule likewise.
type prometheusRule struct {
	object `json:",inline"`
	Spec   struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []struct {
				Alert       string            `json:"alert"`
				Expr        string            `json:"expr"`
				For         string            `json:"for"`
				Labels      map[string]string `json:"labels"`
				Annotations map[string]string `json:"annotations"`
			} `json:"rules"`
		} `json:"groups"`
	} `json:"spec"`
}

func TestWatchKustomization(t *testing.T) {
	t.Parallel()
	var k struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Resources  []string `json:"resources"`
		Images     []struct {
			Name   string `json:"name"`
			NewTag string `json:"newTag"`
		} `json:"images"`
		ConfigMapGenerator []struct {
			Name    string   `json:"name"`
			Files   []string `json:"files"`
			Options struct {
				DisableNameSuffixHash bool              `json:"disableNameSuffixHash"`
				Labels                map[string]string `json:"labels"`
			} `json:"options"`
		} `json:"configMapGenerator"`
	}
	manifest(t, "kustomization.yaml", &k)
	var d appsv1.Deployment
	manifest(t, "deployment.yaml", &d)
	if image := d.Spec.Template.Spec.Containers[0].Image; image != k.Images[0].Name+":VERSION" {
		t.Errorf("the image is %s, and the version is set of %s", image, k.Images[0].Name)
	}
	used := append([]string{"kustomization.yaml", "README.md"}, k.Resources...)
	for _, file := range k.ConfigMapGenerator[0].Files {
		_, name, _ := strings.Cut(file, "=")
		used = append(used, name)
	}
	var there []string
	err := filepath.WalkDir(watchDeploy, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			there = append(there, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(used)
	slices.Sort(there)
	if !slices.Equal(used, there) {
		t.Errorf("kustomization.yaml uses %v, and there are %v", used, there)
	}
}

// registered takes note of the metrics that there are, with their labels.
type registered map[string][]string

var descPattern = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

func (r registered) Register(c prometheus.Collector) error {
	r.MustRegister(c)
	return nil
}

func (r registered) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		descs := make(chan *prometheus.Desc, 16)
		c.Describe(descs)
		close(descs)
		for desc := range descs {
			found := descPattern.FindStringSubmatch(desc.String())
			labels := strings.FieldsFunc(found[2], func(c rune) bool { return c == ',' || c == ' ' })
			names := []string{found[1]}
			if strings.HasSuffix(found[1], "duration_seconds") {
				names = []string{found[1] + "_bucket", found[1] + "_sum", found[1] + "_count"}
			}
			for _, name := range names {
				r[name] = labels
			}
		}
	}
}

func (registered) Unregister(prometheus.Collector) bool { return false }

var (
	metricPattern  = regexp.MustCompile(`\bbinderctl_\w+`)
	chosenPattern  = regexp.MustCompile(`\b(binderctl_\w+)\{([^}]*)\}`)
	labelPattern   = regexp.MustCompile(`(\w+)(=~|!=|=)"([^"]*)"`)
	groupedPattern = regexp.MustCompile(`\b(?:by|on) \(([^)]*)\)`)
)

// checkExpression finds mistakes in PromQL: metrics and labels that do not exist,
// values that a label never has, and parentheses that do not match.
func checkExpression(t *testing.T, where, expr string, known registered) {
	t.Helper()
	used := metricPattern.FindAllString(expr, -1)
	if len(used) == 0 {
		t.Errorf("%s: %q uses no metric of ours", where, expr)
	}
	for _, name := range used {
		if _, ok := known[name]; !ok {
			t.Errorf("%s: there is no metric %s", where, name)
		}
	}
	for _, chosen := range chosenPattern.FindAllStringSubmatch(expr, -1) {
		for _, label := range labelPattern.FindAllStringSubmatch(chosen[2], -1) {
			if !slices.Contains(known[chosen[1]], label[1]) {
				t.Errorf("%s: %s has no label %s", where, chosen[1], label[1])
			}
			for value := range strings.SplitSeq(label[3], "|") {
				if among := labelValues(label[1]); among != nil && !slices.Contains(among, value) {
					t.Errorf("%s: the label %s is never %q", where, label[1], value)
				}
			}
		}
	}
	for _, grouped := range groupedPattern.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(grouped[1], ",") {
			label = strings.TrimSpace(label)
			exists := slices.Contains([]string{"le", "job", "namespace", "pod", "instance"}, label)
			for _, name := range used {
				exists = exists || slices.Contains(known[name], label)
			}
			if !exists {
				t.Errorf("%s: nothing has the label %s", where, label)
			}
		}
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
			t.Errorf("%s: %q has not as many %s as %s", where, expr, pair[:1], pair[1:])
		}
	}
}

// labelValues are all that a label can have, or nil if they are not known.
func labelValues(label string) []string {
	switch label {
	case "state":
		return texts(watch.States())
	case "result":
		return texts([]launchtest.Result{launchtest.OK, launchtest.Failed, launchtest.TimedOut, launchtest.Refused, launchtest.Stopped})
	case "fresh":
		return []string{"true", "false"}
	case "stage":
		return texts(launchtest.Stages())
	case "outcome":
		return []string{"delivered", "failed"}
	default:
		return nil
	}
}

func TestWatchRules(t *testing.T) {
	t.Parallel()
	known := registered{}
	watch.NewMetrics(known)
	var rule prometheusRule
	manifest(t, "prometheusrule.yaml", &rule)
	if rule.Kind != "PrometheusRule" || len(rule.Spec.Groups[0].Rules) < 5 {
		t.Errorf("prometheusrule.yaml is %+v", rule)
	}
	for _, r := range rule.Spec.Groups[0].Rules {
		checkExpression(t, r.Alert, r.Expr, known)
		if r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
			t.Errorf("%s has no severity or no summary", r.Alert)
		}
		if _, command, found := strings.Cut(r.Annotations["description"], ": binderctl "); found {
			parses(t, r.Alert, regexp.MustCompile(`\{\{ \$labels\.(\w+) \}\}`).ReplaceAllString(command, "$1"))
		}
	}
}

func TestWatchDashboard(t *testing.T) {
	t.Parallel()
	known := registered{}
	watch.NewMetrics(known)
	text, err := os.ReadFile(filepath.Join(watchDeploy, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Title      string
		UID        string
		Templating struct {
			List []struct{ Name, Definition string }
		}
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ RefID, Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	if dashboard.UID == "" || dashboard.Title == "" || len(dashboard.Panels) < 5 {
		t.Errorf("the dashboard is %+v", dashboard)
	}
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] || panel.GridPos.X+panel.GridPos.W > 24 || len(panel.Targets) == 0 {
			t.Errorf("panel %q: its number or place is wrong, or it shows nothing", panel.Title)
		}
		ids[panel.ID] = true
		for _, target := range panel.Targets {
			expr := strings.NewReplacer(`"$member"`, `"x"`, "$__rate_interval", "5m").Replace(target.Expr)
			checkExpression(t, "panel "+panel.Title, expr, known)
		}
	}
	for _, variable := range dashboard.Templating.List {
		for _, name := range metricPattern.FindAllString(variable.Definition, -1) {
			if _, ok := known[name]; !ok {
				t.Errorf("variable %s: there is no metric %s", variable.Name, name)
			}
		}
	}
}

// TestWatchMetricsAreDocumented keeps the table of deploy/launch-watch/README.md.
func TestWatchMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	known := registered{}
	watch.NewMetrics(known)
	text, err := os.ReadFile(filepath.Join(watchDeploy, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := metricPattern.FindAllString(string(text), -1)
	for name := range known {
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if !slices.Contains(documented, name) {
			t.Errorf("README.md does not tell of %s", name)
		}
	}
	for _, name := range documented {
		if known[name] == nil && known[name+"_sum"] == nil && !strings.Contains(name, "_watch_") {
			t.Errorf("README.md tells of %s, which does not exist", name)
		}
	}
}
