package nodes_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// The node that broke mybinder.org on 2018-01-18: it says Ready, one fluentd
// crashes there and nowhere else, so do ingress pods, and users give up.
func redditHug() *fleet {
	f := withNodes(14)
	f.everywhere("fluentd")
	f.everywhere("dind")
	for i := range 10 {
		f.service("nginx-ingress", fmt.Sprintf("nginx-%d", i), fmt.Sprintf("node-%d", i%8), 3*hour)
	}
	looping(f.pods[0])  // fluentd on node-0
	looping(f.pods[28]) // nginx on node-0
	looping(f.pods[36]) // and the other one there
	for i := range 14 {
		f.users(20, fmt.Sprintf("node-%d", i), 2*hour)
	}
	f.users(8, "node-0", 20*minute, failed("Error", 19*minute), f.variously())
	return f
}

// The node of 2017-11-30: out of memory an hour ago, all say Ready, the proxies
// crash on it and on another.
func oomProxy() *fleet {
	f := withNodes(6)
	f.everywhere("fluentd")
	f.nodeEvent("node-0", "OOMKilling", "Memory cgroup out of memory: Kill process 8339 (python) score 1576", 58*minute)
	for i, node := range []string{"node-0", "node-0", "node-0", "node-1"} {
		f.service("proxy", fmt.Sprintf("proxy-%d", i), node, 72*hour, looping)
	}
	f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 57*minute)
	died("OOMKilled", 58*minute)(f.pods[0]) // fluentd
	f.users(30, "node-0", 2*hour)
	f.users(30, "node-1", 2*hour)
	return f
}

func TestIncidents(t *testing.T) {
	t.Parallel()
	for name, incident := range map[string]*fleet{"reddit hug": redditHug(), "oom proxy": oomProxy()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := suspects(t, incident)
			bad := found.Unhealthy()
			if len(bad) != 1 || bad[0].Name != "node-0" {
				t.Fatalf("unhealthy are %v, want node-0 alone", bad)
			}
			if len(found.Suspects) > 1 && bad[0].Score < 2*found.Suspects[1].Score {
				t.Errorf("node-0 has %v and %s has %v: too little between them", bad[0].Score, found.Suspects[1].Name, found.Suspects[1].Score)
			}
		})
	}
}

// A day like any other: users over their limits, a rolling update, a volume that
// took two attempts, a node that just came, old nodes, one program that crashes
// at home.
func ordinaryDay() *fleet {
	f := withNodes(12)
	f.everywhere("fluentd")
	f.everywhere("dind")
	for i, node := range f.nodes {
		f.users(20, node.Name, time.Duration(i+1)*20*minute)
		node.CreationTimestamp = before(time.Duration(i) * 20 * hour)
		condition(corev1.NodeReady, corev1.ConditionTrue, time.Duration(i)*20*hour)(node)
	}
	f.users(3, "node-2", hour, failed("OOMKilled", 20*minute))
	f.users(2, "node-5", hour, failed("OOMKilled", 40*minute))
	f.users(2, "node-5", hour, failed("Error", 40*minute))
	f.nodeEvent("node-2", "OOMKilling", "Memory cgroup out of memory: Killed process 1 (python)", 20*minute)
	f.nodeEvent("node-5", "OOMKilling", "Memory cgroup out of memory: Killed process 2 (python)", 40*minute)
	f.nodeEvent("node-0", "InvalidDiskCapacity", "invalid capacity 0 on image filesystem", minute)
	f.podEvent(f.service("db", "db-0", "node-3", hour), "FailedMount", hour)
	for i := range 3 { // of a rolling update
		f.podEvent(f.service("web", fmt.Sprintf("web-%d", i), fmt.Sprintf("node-%d", i), 2*minute, notReady), "Unhealthy", minute)
	}
	f.service("web", "web-old", "node-4", 50*hour, terminating(-10*time.Second))
	f.service("prometheus", "prometheus-0", "node-6", 50*hour, died("OOMKilled", 30*minute))
	f.service("harbor", "harbor-0", "node-2", 50*hour, looping)
	f.users(2, "node-5", 7*minute, waiting("ContainerCreating"))
	f.user("node-7", 7*minute, waiting("ImagePullBackOff"))
	return f
}

func TestOrdinaryDay(t *testing.T) {
	t.Parallel()
	found := suspects(t, ordinaryDay())
	for _, suspect := range found.Suspects {
		if suspect.Score > nodes.Threshold/2 {
			t.Errorf("%s has %v of %v on an ordinary day: %+v", suspect.Name, suspect.Score, nodes.Threshold, suspect.Evidence)
		}
	}
}
