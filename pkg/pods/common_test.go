package pods

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func found(factors []Factor) []string {
	list := []string{}
	for _, f := range factors {
		list = append(list, fmt.Sprintf("%s %s: %d of %d, %d of %d", f.Factor, f.Value, f.Sick, f.OfSick, f.All, f.OfAll))
	}
	return list
}

func TestCommon(t *testing.T) {
	t.Parallel()
	ingress := func(town *town, sick int, on ...int) *town {
		for i, n := range on {
			pod := service("prod", "Deployment/ingress", fmt.Sprintf("ingress-%d", i), nth(n))
			if i < sick {
				crashing(pod)
			}
			town.add(pod)
		}
		return town
	}
	for _, test := range []struct {
		name string
		town *town
		want []string
	}{
		{
			"one node, by a DaemonSet in one namespace and a Deployment in another",
			ingress(newTown(40), 3, 7, 7, 7, 1, 2, 3, 4, 5, 6, 8).on(crashing, "fluentd-07"),
			[]string{"node node-07: 4 of 4, 45 of 640"},
		},
		{
			"the same, with a crash elsewhere",
			ingress(newTown(40), 3, 7, 7, 7, 1, 2, 3, 4, 5, 6, 8).on(crashing, "fluentd-07", "kube-proxy-07", "kube-proxy-11"),
			[]string{"node node-07: 5 of 6, 45 of 640"},
		},
		{
			"crashes all over the place",
			newTown(40).on(crashing, "fluentd-01", "kube-proxy-03", "fluentd-05", "kube-proxy-08", "fluentd-12"),
			[]string{},
		},
		{
			"one that crashes alone",
			newTown(40).on(crashing, "fluentd-07"),
			[]string{},
		},
		{
			"a Deployment that sits on one node is its own fault",
			ingress(newTown(40), 4, 7, 7, 7, 7),
			[]string{"owner Deployment/ingress in prod: 4 of 4, 4 of 634"},
		},
		{
			"a Deployment that sits in one pool is its own fault, whoever else is sick there",
			ingress(newTown(40), 9, 0, 1, 2, 0, 1, 2, 0, 1, 2).on(crashing, "fluentd-01"),
			[]string{"owner Deployment/ingress in prod: 9 of 10, 9 of 639"},
		},
		{
			"services crash in the pool of services, where users' pods are not",
			core(newTown(40), 60).on(crashing, "core-01", "core-17", "core-29", "core-41", "core-48"),
			[]string{},
		},
		{
			"users of many repositories on one node",
			newTown(40).on(failing(time.Minute), "jupyter-07-01", "jupyter-07-02", "jupyter-07-05", "jupyter-07-08", "jupyter-07-11"),
			[]string{"node node-07: 5 of 5, 42 of 630"},
		},
		{
			"users of one repository, on whatever node",
			newTown(40).on(failing(time.Minute), everywhere(20)...),
			[]string{"repo owner/repo-3: 20 of 20, 60 of 630"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, found(test.town.diagnose().Common)); diff != "" {
				t.Errorf("common factors (-want +got):\n%s", diff)
			}
		})
	}
}

// core adds so many services that are confined to the core pool, which is a
// small part of the cluster and most of its services.
func core(town *town, services int) *town {
	for i := range services {
		name := fmt.Sprintf("core-%02d", i)
		town.add(service("prod", "Deployment/"+name, name, nth(i%3)))
	}
	return town
}

// everywhere names so many users' pods of one repository, over the nodes.
func everywhere(n int) []string {
	var names []string
	for i := range n {
		u := (3 - i%townNodes%10 + 10) % 10
		if i >= townNodes {
			u += 10
		}
		names = append(names, fmt.Sprintf("jupyter-%02d-%02d", i%townNodes, u))
	}
	return names
}

// Forty users run their pods out of memory in two hours, by chance three of them
// on one node within ten minutes. That is shown, but not taken for the node's
// fault: the others count too.
func TestNoiseIsNoNodesFault(t *testing.T) {
	t.Parallel()
	town := newTown(40)
	for i := range 37 {
		town.on(failing(time.Duration(3*i)*time.Minute), fmt.Sprintf("jupyter-%02d-%02d", i%townNodes, i))
	}
	town.on(failing(5*time.Minute), "jupyter-09-38").on(failing(6*time.Minute), "jupyter-09-39", "jupyter-09-20")
	d := town.diagnose()
	if len(d.Bursts) == 0 {
		t.Error("no burst was found")
	}
	if d.Sick.Users != 40 {
		t.Errorf("%d users' pods count as sick, want 40", d.Sick.Users)
	}
	if diff := cmp.Diff([]string{}, found(d.Common)); diff != "" {
		t.Errorf("common factors (-want +got):\n%s", diff)
	}
}

// What died once and runs again is not shown, but counts among the sick.
func TestShakenPodsCount(t *testing.T) {
	t.Parallel()
	restarted := func(i int) []string {
		return []string{fmt.Sprintf("fluentd-%02d", i), fmt.Sprintf("kube-proxy-%02d", i)}
	}
	town := newTown(40).on(crashing, restarted(7)...)
	town.add(service("prod", "Deployment/web", "web", nth(7)))
	town.on(crashing, "web")
	for _, name := range append(restarted(7), "web") {
		if name != "fluentd-07" {
			town.on(recovering, name)
		}
	}
	d := town.diagnose()
	if len(d.Findings) != 1 || d.Findings[0].Pod != "fluentd-07" {
		t.Errorf("findings %v, want fluentd-07 alone", d.Findings)
	}
	if diff := cmp.Diff([]string{"node node-07: 3 of 3, 43 of 631"}, found(d.Common)); diff != "" {
		t.Errorf("common factors (-want +got):\n%s", diff)
	}
}

func TestNothingSickIsNotCompared(t *testing.T) {
	t.Parallel()
	d := newTown(2).on(recovering, "fluentd-07", "kube-proxy-07").diagnose()
	if !d.Healthy() || len(d.Common) > 0 || d.Sick.Pods != 0 {
		t.Errorf("diagnosis %+v, want that all is well", d)
	}
}

func TestApart(t *testing.T) {
	t.Parallel()
	town := newTown(5)
	for i := range townNodes {
		town.on(crashing, fmt.Sprintf("fluentd-%02d", i))
	}
	want := []Trait{{FactorOwner, "DaemonSet/fluentd in kube-system"}}
	if diff := cmp.Diff(want, town.diagnose().Apart); diff != "" {
		t.Errorf("what is sick of itself (-want +got):\n%s", diff)
	}
}

// Of many clusters in which pods are sick at random, no more may seem to have a
// cause than Significance allows.
func TestNoiseIsLeftToChance(t *testing.T) {
	t.Parallel()
	const trials = 300
	random := rand.New(rand.NewPCG(2018, 118))
	named := 0
	for range trials {
		town := newTown(20)
		for range 2 + random.IntN(30) {
			pod := town.pods[random.IntN(len(town.pods))]
			if strings.HasPrefix(pod.Name, "jupyter-") {
				failing(time.Duration(random.IntN(20)) * time.Minute)(pod)
			} else {
				crashing(pod)
			}
		}
		if factors := town.diagnose().Common; len(factors) > 0 {
			named++
		}
	}
	if most := 2 * Significance * trials; float64(named) > most {
		t.Errorf("of %d clusters with nothing but noise, %d seem to have a cause; want %.0f at most", trials, named, most)
	}
}
