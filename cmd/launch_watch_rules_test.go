package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/watch"
)

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
