package pods

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// fullPlan is a plan with something in every field.
func fullPlan(t *testing.T) Plan {
	t.Helper()
	plan, err := PlanCull(t.Context(), fakeClient(busyCluster()...), Policy{
		OlderThan: age(6 * hour), Repos: rules(t, "minrk/*", 3*hour, "other/name", 7*hour),
		Phases: []corev1.PodPhase{"Running", "Pending", "Succeeded"}, Nodes: []string{"node-1", "node-2", "node-3"},
		Name: "*", Labels: "app=jupyterhub", Limit: 4, Terminating: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Victims) == 0 || len(plan.Spared) == 0 {
		t.Fatalf("a plan of nothing: %+v", plan)
	}
	return plan
}

func written(t *testing.T, plan Plan) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := plan.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestPlanFileRoundTrip(t *testing.T) {
	t.Parallel()
	nothing, err := PlanCull(t.Context(), fakeClient(), Policy{})
	if err != nil {
		t.Fatal(err)
	}
	for name, plan := range map[string]Plan{"full": fullPlan(t), "of nothing": nothing} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := written(t, plan)
			read, err := ReadPlan(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plan, read, cmpopts.IgnoreUnexported(Plan{}), cmp.AllowUnexported(cluster.RepoPattern{})); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
			if again := written(t, read); !bytes.Equal(file, again) {
				t.Errorf("written again (-want +got):\n%s", cmp.Diff(string(file), string(again)))
			}
			if bytes.Contains(file, []byte("null")) {
				t.Errorf("the file has null where it should have []:\n%s", file)
			}
		})
	}
}

// Every value in a plan file is under the digest.
func TestPlanFileTampered(t *testing.T) {
	t.Parallel()
	file := written(t, fullPlan(t))
	var tree any
	if err := json.Unmarshal(file, &tree); err != nil {
		t.Fatal(err)
	}
	changes := 0
	change(tree, func(place string) {
		changes++
		text, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPlan(text); err == nil {
			t.Errorf("a plan with another %s was accepted", place)
		}
	})
	if changes < 50 {
		t.Errorf("only %d values were changed", changes)
	}
	if _, err := ReadPlan(bytes.Replace(file, []byte(`"uid-of-oldest"`), []byte(`"uid-of-another"`), 1)); !errors.Is(err, ErrTampered) {
		t.Errorf("with another UID: %v, want ErrTampered", err)
	}
	if _, err := ReadPlan(bytes.Replace(file, []byte(`"digest": "sha256:`), []byte(`"digest": "sha256:0`), 1)); !errors.Is(err, ErrTampered) {
		t.Errorf("with another digest: %v, want ErrTampered", err)
	}
}

// change changes each value in a tree in turn, calls then, and puts it back.
func change(tree any, then func(place string)) {
	visit := func(value any, set func(any), place string) {
		switch v := value.(type) {
		case string:
			if strings.HasSuffix(place, "At") { // another time, not no time
				set(strings.Replace(v, "2026", "2025", 1))
			} else {
				set(v + "x")
			}
		case float64:
			set(v + 1)
		case bool:
			set(!v)
		default:
			change(v, then)
			return
		}
		then(place)
		set(value)
	}
	switch t := tree.(type) {
	case map[string]any:
		for key, value := range t {
			visit(value, func(v any) { t[key] = v }, key)
		}
	case []any:
		for i, value := range t {
			visit(value, func(v any) { t[i] = v }, "item")
		}
	}
}

func TestReadPlanMistakes(t *testing.T) {
	t.Parallel()
	file := string(written(t, fullPlan(t)))
	before, _, _ := strings.Cut(file, `"policy"`)
	replaced := func(old, with string) string {
		t.Helper()
		if !strings.Contains(file, old) {
			t.Fatalf("no %s in the file", old)
		}
		return strings.Replace(file, old, with, 1)
	}
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"an empty file":       {"", []string{"line 1, column 1", "the file ends before the plan does"}},
		"half a file":         {before, []string{"line 9, column 3", "the file ends before the plan does"}},
		"a comma too few":     {"{\n  \"format\": \"x\"\n  \"digest\": \"y\"\n}", []string{"line 3, column 3", `invalid character '"'`}},
		"no JSON":             {"kind: Plan", []string{"line 1, column 1", "invalid character 'k'"}},
		"a list":              {"[]", []string{"line 1, column 1", "cannot unmarshal array"}},
		"a number for a text": {"{\n  \"format\": 7}", []string{"line 2, column 13", "cannot unmarshal number"}},
		"an unknown field":    {replaced(`"policy"`, `"polity"`), []string{`unknown field "polity"`}},
		"a deep one":          {replaced(`"olderThanSeconds"`, `"olderThanHours"`), []string{`unknown field "olderThanHours"`}},
		"another format":      {replaced(`"binderctl.cull/v1"`, `"binderctl.cull/v2"`), []string{`format is "binderctl.cull/v2", want "binderctl.cull/v1"`}},
		"nothing in it":       {"{}", []string{`format is "", want "binderctl.cull/v1"`}},
		"null":                {"null", []string{`format is ""`}},
		"something after it":  {"{}\n\n  {}", []string{"line 3, column 3", "something follows the plan"}},
		"a negative age":      {replaced(`"olderThanSeconds": 21600`, `"olderThanSeconds": -21600`), []string{"age of -21600 seconds is negative"}},
		"an age too great":    {replaced(`"olderThanSeconds": 21600`, `"olderThanSeconds": 9999999999999`), []string{"age of 9999999999999 seconds is beyond 292 years"}},
		"no repository":       {replaced(`"minrk/*"`, `"minrk"`), []string{`repository "minrk"`}},
		"no digest":           {`{"format":"binderctl.cull/v1"}`, []string{ErrTampered.Error()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := ReadPlan([]byte(tc.text))
			if err == nil {
				t.Fatalf("read as %+v", plan)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want one that says %q", err, want)
				}
			}
			if len(plan.Victims) > 0 {
				t.Errorf("a plan came with the error: %+v", plan)
			}
		})
	}
	if _, err := ReadPlan([]byte(file + "\n \t\r\n")); err != nil {
		t.Errorf("blank lines after it: %v", err)
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	text := []byte("ab\ncd\n\ne")
	for offset, want := range map[int64]string{
		-5: "line 1, column 1",
		0:  "line 1, column 1",
		1:  "line 1, column 2",
		2:  "line 1, column 3",
		3:  "line 2, column 1",
		6:  "line 3, column 1",
		7:  "line 4, column 1",
		8:  "line 4, column 2",
		99: "line 4, column 2",
	} {
		if got := position(text, offset); got != want {
			t.Errorf("position of %d is %s, want %s", offset, got, want)
		}
	}
}

// TestUnsoundPlans are refused although their digest fits: somebody who can
// write a file can compute one.
func TestUnsoundPlans(t *testing.T) {
	t.Parallel()
	pod := func(namespace, uid string) Victim {
		return Victim{Pod: Pod{Namespace: namespace, Name: "a", UID: types.UID(uid)}}
	}
	for name, spoil := range map[string]func(*Plan){
		"no namespace":          func(p *Plan) { p.Where.Namespace = "" },
		"no server":             func(p *Plan) { p.Where.Server = "" },
		"a pod of elsewhere":    func(p *Plan) { p.Victims = []Victim{pod("kube-system", "1")} },
		"a pod without a UID":   func(p *Plan) { p.Victims = []Victim{pod("prod", "")} },
		"one pod, named twice":  func(p *Plan) { p.Victims = []Victim{pod("prod", "1"), pod("prod", "2")} },
		"a pod of no namespace": func(p *Plan) { p.Victims = []Victim{pod("", "1")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := Plan{Format: PlanFormat, Where: cluster.Location{Server: "s", Namespace: "prod"}, Victims: []Victim{pod("prod", "1")}}
			plan.Digest = plan.digest()
			if _, err := ReadPlan(written(t, plan)); err != nil {
				t.Fatalf("a sound plan is refused: %v", err)
			}
			spoil(&plan)
			plan.Digest = plan.digest()
			if _, err := ReadPlan(written(t, plan)); err == nil {
				t.Error("it was read")
			}
		})
	}
}

func FuzzReadPlan(f *testing.F) {
	f.Add([]byte(`{"format":"binderctl.cull/v1","policy":{"olderThanSeconds":3600,"repos":[{"repo":"a/b","olderThanSeconds":1}]},"where":{"server":"s","namespace":"n"},"victims":[{"name":"x","namespace":"n","uid":"u"}]}`))
	f.Add([]byte(`{"madeAt":"2026-03-01T12:00:00+23:59","victims":null}`))
	f.Add([]byte(`{"format":"a\ufffdb","where":{"namespace":"\u0000"}} x`))
	f.Add([]byte("[\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if plan, err := ReadPlan(text); err == nil {
			t.Fatalf("a digest was guessed: %+v", plan)
		}
		// No fuzzer finds a digest, so the text is given the right one.
		var plan Plan
		if json.Unmarshal(text, &plan) != nil {
			return
		}
		for _, rule := range plan.Policy.Repos {
			if rule.Repo.IsZero() {
				return // no plan has such a rule
			}
		}
		if plan.sound() != nil {
			return // nor such a place or such pods
		}
		plan.Format = PlanFormat
		plan.Digest = plan.digest()
		read, err := ReadPlan(written(t, plan))
		if err != nil {
			t.Fatalf("a plan that was written is not read: %v", err)
		}
		if read.Digest != plan.Digest || read.digest() != plan.Digest {
			t.Errorf("the digest was %s and is %s", plan.Digest, read.digest())
		}
	})
}
