// Package plane brings up a Kubernetes control plane out of processes of this
// machine: etcd, API server, controller manager, scheduler, and KWOK in place of
// the nodes' kubelets.
package plane

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/component"
	"github.com/binderctl/binderctl/gameday/internal/credentials"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/store"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

//go:embed heartbeat.yaml
var heartbeat string

// SuperviseCommand is the first argument of the process that supervises.
const SuperviseCommand = "supervise"

// Plane is a control plane that runs.
type Plane struct {
	supervisor *supervisor.Client
	dir        state.Dir
	specs      specs
}

// Options is what Up needs to know.
type Options struct {
	Name      string
	Title     string
	Namespace string
	Audit     bool // log what the operator asks of the API server
	Dir       state.Dir
	Binaries  Binaries
	Now       func() time.Time
	Say       func(format string, args ...any) // progress
}

// attempts is how often Up begins again because a port was taken meanwhile.
const attempts = 3

// Up brings up a control plane that holds a world. Until it returns without an
// error, everything it starts ends with this process; after an error nothing is
// left, but for the logs.
func Up(ctx context.Context, o Options, w *world.World) error {
	for attempt := 1; ; attempt++ {
		err := up(ctx, o, w)
		var failure *Failure
		if err == nil || attempt == attempts || !errors.As(err, &failure) || !failure.portTaken() {
			return err
		}
		o.Say("%s found its port taken: once more with others", failure.Process.Name)
		if err := errors.Join(os.RemoveAll(o.Dir.Etcd()), os.RemoveAll(o.Dir.Logs()), o.Dir.Create()); err != nil {
			return fmt.Errorf("clear state: %w", err)
		}
	}
}

func up(ctx context.Context, o Options, w *world.World) (err error) {
	leash, socket, err := launch(ctx, o)
	if err != nil {
		return err
	}
	p := &Plane{supervisor: supervisor.NewClient(socket), dir: o.Dir}
	defer func() {
		if err != nil {
			leash.Drop()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			err = errors.Join(err, supervisor.Gone(last, string(o.Dir)))
		}
	}()
	if err := p.prepare(ctx, o, w); err != nil {
		return err
	}
	info := state.Info{
		Name: o.Name, Scenario: o.Title, Namespace: o.Namespace, Started: o.Now(), Socket: socket,
		EtcdPort: p.specs.ports.etcd, Kubelets: p.specs.ports.kwok, Health: map[string]string{},
		HubPort: p.specs.ports.hub, ProxyPort: p.specs.ports.proxy,
	}
	if w.HasHub() {
		info.HubControl = p.specs.hubControl(w)
	}
	p.tellBinder(&info, w)
	for _, name := range Components() {
		info.Health[name] = p.specs.health(name)
	}
	if err := o.Dir.WriteInfo(info); err != nil {
		return err
	}
	if err := p.start(ctx, o, w); err != nil {
		return err
	}
	return leash.Detach()
}

// launch starts the supervisor, which listens on a socket in a folder of its
// own: the state folder's path may be too long for a socket's address.
func launch(ctx context.Context, o Options) (*supervisor.Leash, string, error) {
	folder, err := os.MkdirTemp("", "gameday-")
	if err != nil {
		return nil, "", fmt.Errorf("make socket's folder: %w", err)
	}
	socket := filepath.Join(folder, "s")
	command := exec.CommandContext(context.WithoutCancel(ctx), o.Binaries.Gameday, SuperviseCommand, string(o.Dir), socket)
	leash, err := supervisor.Launch(command, o.Dir.Log("supervisor"))
	if err != nil {
		return nil, "", errors.Join(err, os.RemoveAll(folder))
	}
	return leash, socket, nil
}

// prepare writes the files that the components read.
func (p *Plane) prepare(ctx context.Context, o Options, w *world.World) error {
	picked, err := pickPorts(ctx)
	if err != nil {
		return err
	}
	nodes, _, _ := w.Counts()
	p.specs = specs{dir: o.Dir, binaries: o.Binaries, ports: picked, nodes: nodes, audit: o.Audit}
	if o.Audit {
		if err := writeAuditPolicy(o.Dir.AuditPolicy()); err != nil {
			return err
		}
	}
	if err := credentials.WriteKeys(o.Dir.Keys(), o.Now()); err != nil {
		return err
	}
	users, err := credentials.WriteUsers(o.Dir.Keys())
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(o.Dir.Keys(), credentials.CAFile))
	if err != nil {
		return fmt.Errorf("read authority: %w", err)
	}
	server := fmt.Sprintf("https://127.0.0.1:%d", picked.server)
	if err := users.WriteInternal(o.Dir.InternalKubeconfig(), server, ca); err != nil {
		return err
	}
	if err := users.WriteKubeconfig(o.Dir.Kubeconfig(), server, o.Name, o.Namespace, ca); err != nil {
		return err
	}
	w.ServeKubelets(picked.kwok)
	logs, err := writeLogs(o.Dir, w.Logs())
	if err != nil {
		return err
	}
	forwards, err := writeForwards(o.Namespace, picked)
	if err != nil {
		return err
	}
	if err := p.prepareHub(w); err != nil {
		return err
	}
	if err := p.prepareBinder(w); err != nil {
		return err
	}
	return writeKwokConfig(o.Dir.KwokConfig(), heartbeat, append(logs, forwards...))
}

// start starts the components. The aged objects are in etcd before anybody but
// the API server can see them.
func (p *Plane) start(ctx context.Context, o Options, w *world.World) error {
	for _, spec := range []supervisor.Spec{p.specs.etcd(), p.specs.server()} {
		if _, err := p.supervisor.Start(ctx, spec); err != nil {
			return err
		}
	}
	if err := p.await(ctx, component.Etcd, healthy(p.specs.health(component.Etcd))); err != nil {
		return err
	}
	etcd, err := store.Open(ctx, p.specs.ports.etcd)
	if err != nil {
		return err
	}
	defer etcd.Close()
	began := o.Now()
	count, err := etcd.Put(ctx, w.Aged())
	if err != nil {
		return errors.Join(err, p.ended(ctx, component.Etcd))
	}
	o.Say("wrote %d aged objects in %.1f s", count, o.Now().Sub(began).Seconds())
	if err := p.await(ctx, component.APIServer, healthy(p.specs.health(component.APIServer))); err != nil {
		return err
	}
	cluster, err := Connect(o.Dir)
	if err != nil {
		return err
	}
	if err := cluster.letAdminIn(ctx); err != nil {
		return err
	}
	if err := cluster.Create(ctx, w.Created()); err != nil {
		return err
	}
	o.Say("the API server answers")
	rest := []supervisor.Spec{p.specs.controllers(), p.specs.scheduler(), p.specs.kwok()}
	for _, spec := range rest {
		if _, err := p.supervisor.Start(ctx, spec); err != nil {
			return err
		}
	}
	for _, spec := range rest {
		if err := p.await(ctx, spec.Name, healthy(p.specs.health(spec.Name))); err != nil {
			return err
		}
	}
	if err := p.await(ctx, Kwok, cluster.allNodesHeld); err != nil {
		return err
	}
	if !w.HasHub() {
		return nil
	}
	if _, err := p.supervisor.Start(ctx, p.specs.hub()); err != nil {
		return err
	}
	if err := p.await(ctx, component.Hub, healthy(p.specs.health(component.Hub))); err != nil || !w.HasBinder() {
		return err
	}
	if _, err := p.supervisor.Start(ctx, p.specs.binder()); err != nil {
		return err
	}
	return p.await(ctx, component.Binder, healthy(p.specs.health(component.Binder)))
}

// health is where a component says whether it is well.
func (s specs) health(name string) string {
	switch name {
	case component.Etcd:
		return fmt.Sprintf("http://127.0.0.1:%d/health", s.ports.etcd)
	case component.APIServer:
		return fmt.Sprintf("https://127.0.0.1:%d/readyz", s.ports.server)
	case component.ControllerManager:
		return fmt.Sprintf("https://127.0.0.1:%d/healthz", s.ports.controllers)
	case component.Scheduler:
		return fmt.Sprintf("https://127.0.0.1:%d/healthz", s.ports.scheduler)
	case component.Hub:
		return fmt.Sprintf("http://127.0.0.1:%d/healthz", s.ports.hubControl)
	case component.Binder:
		return fmt.Sprintf("http://127.0.0.1:%d/healthz", s.ports.binderControl)
	default:
		return fmt.Sprintf("http://127.0.0.1:%d/healthz", s.ports.kwok)
	}
}
