package plane

import (
	"fmt"
	"path/filepath"

	"github.com/binderctl/binderctl/gameday/internal/component"
	"github.com/binderctl/binderctl/gameday/internal/credentials"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

// Kwok is the component that plays the kubelets.
const Kwok = "kwok"

// Components are all there may be, in the order in which they start.
func Components() []string {
	return []string{component.Etcd, component.APIServer, component.ControllerManager, component.Scheduler, Kwok, component.Hub, component.Binder}
}

// Binaries are the programs that the processes run.
type Binaries struct {
	Gameday string
	Kwok    string
}

// specs says how to start each component.
type specs struct {
	dir      state.Dir
	binaries Binaries
	ports    ports
	nodes    int
	audit    bool
}

func (s specs) linked(name string, args ...string) supervisor.Spec {
	return supervisor.Spec{
		Name: name, Path: s.binaries.Gameday, Log: s.dir.Log(name),
		Args: append([]string{ComponentCommand, name}, args...),
	}
}

// ComponentCommand is the first argument of the processes that are components.
const ComponentCommand = "component"

func (s specs) etcd() supervisor.Spec {
	return s.linked(component.Etcd,
		"--data-dir="+s.dir.Etcd(),
		fmt.Sprintf("--client-port=%d", s.ports.etcd),
		fmt.Sprintf("--peer-port=%d", s.ports.etcdPeer))
}

func (s specs) server() supervisor.Spec {
	key := s.key(credentials.AccountKeyFile)
	return s.linked(component.APIServer, append(s.auditing(),
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", s.ports.etcd),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", s.ports.server),
		// There is nobody to announce it to, and loopback may not be announced.
		"--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
		"--tls-cert-file="+s.key(credentials.ServerCertFile),
		"--tls-private-key-file="+s.key(credentials.ServerKeyFile),
		"--token-auth-file="+s.key(credentials.TokensFile),
		"--authorization-mode=RBAC",
		"--service-account-key-file="+key, "--service-account-signing-key-file="+key,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--disable-admission-plugins=ServiceAccount",
		"--service-cluster-ip-range=10.96.0.0/16",
		// Nodes have names that nobody resolves.
		"--kubelet-preferred-address-types=InternalIP",
		"--shutdown-send-retry-after=false",
		"--profiling=false")...)
}

func (s specs) controllers() supervisor.Spec {
	return s.linked(component.ControllerManager, append(s.client(s.ports.controllers),
		"--service-account-private-key-file="+s.key(credentials.AccountKeyFile),
		"--root-ca-file="+s.key(credentials.CAFile),
		// Pods are on loopback addresses, which the API server refuses as endpoints.
		// As long beyond a lease as by default.
		fmt.Sprintf("--node-monitor-grace-period=%ds", s.leaseSeconds()+10),
		"--controllers=*,-endpoints-controller,-endpointslice-controller,-endpointslice-mirroring-controller",
		"--kube-api-qps=500", "--kube-api-burst=1000")...)
}

func (s specs) scheduler() supervisor.Spec {
	return s.linked(component.Scheduler, append(s.client(s.ports.scheduler),
		"--kube-api-qps=1000", "--kube-api-burst=2000")...)
}

// client is what the controller manager and the scheduler have in common.
func (s specs) client(port int) []string {
	return []string{
		"--kubeconfig=" + s.dir.InternalKubeconfig(),
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port),
		"--tls-cert-file=" + s.key(credentials.ServerCertFile),
		"--tls-private-key-file=" + s.key(credentials.ServerKeyFile),
		"--leader-elect=false", "--profiling=false",
	}
}

func (s specs) hub() supervisor.Spec {
	return s.linked(component.Hub, "--config="+s.dir.HubConfig())
}

func (s specs) kwok() supervisor.Spec {
	address := fmt.Sprintf("127.0.0.1:%d", s.ports.kwok)
	return supervisor.Spec{
		Name: Kwok, Path: s.binaries.Kwok, Log: s.dir.Log(Kwok),
		Args: []string{
			"--config=" + s.dir.KwokConfig(), "--kubeconfig=" + s.dir.InternalKubeconfig(),
			"--manage-nodes-with-annotation-selector=" + world.KubeletAnnotation + "!=" + world.KubeletDead,
			fmt.Sprintf("--node-lease-duration-seconds=%d", s.leaseSeconds()),
			"--cidr=127.1.0.1/16", "--node-ip=127.0.0.1",
			fmt.Sprintf("--node-port=%d", s.ports.kwok), "--server-address=" + address,
			"--v=WARN",
		},
	}
}

// leaseSeconds is how long a node's lease lasts: 40 s, Kubernetes' default. A
// kubelet renews it four times meanwhile. Where that would be more than 160
// renewals a second, which one machine had better not be busy with, it is longer.
func (s specs) leaseSeconds() int {
	return max(40, s.nodes*4/160)
}

func (s specs) key(name string) string {
	return filepath.Join(s.dir.Keys(), name)
}
