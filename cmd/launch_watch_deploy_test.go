package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/binderctl/binderctl/pkg/launchtest"
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

// TestWatchReadmeSaysHowToChooseTheImage keeps what deploy/launch-watch/README.md
// says of the image's tag in step with the manifests and with what is released.
func TestWatchReadmeSaysHowToChooseTheImage(t *testing.T) {
	t.Parallel()
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(path...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	readme := read(watchDeploy, "README.md")
	edit := regexp.MustCompile(`sed -i 's/(.*)/newTag: (v[\d.]+)/' deploy/launch-watch/kustomization.yaml`).FindStringSubmatch(readme)
	if edit == nil || strings.Count(read(watchDeploy, "kustomization.yaml"), edit[1]) != 1 {
		t.Fatalf("it does not say how to set the tag: %q", edit)
	}
	if released := read("..", ".goreleaser.yaml"); !strings.Contains(released, `tags: ["v{{ .Version }}"`) {
		t.Error("images are not released with tags such as " + edit[2])
	}
	_, overlay, _ := strings.Cut(readme, "```yaml\n")
	overlay, _, _ = strings.Cut(overlay, "```")
	var own struct {
		Namespace string
		Images    []struct{ Name, NewTag string }
		Patches   []struct{ Patch string }
	}
	if err := yaml.Unmarshal([]byte(overlay), &own); err != nil {
		t.Fatal(err)
	}
	var patch []struct{ Value []string }
	if err := yaml.Unmarshal([]byte(own.Patches[0].Patch), &patch); err != nil {
		t.Fatal(err)
	}
	parses(t, "README.md", strings.Join(patch[0].Value, " "))
	if own.Images[0].NewTag != edit[2] || !strings.Contains(overlay, "?ref="+edit[2]) {
		t.Errorf("it names several releases: %+v", own)
	}
}
