package plane

import (
	"fmt"

	"github.com/binderctl/binderctl/gameday/internal/binder"
	"github.com/binderctl/binderctl/gameday/internal/component"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

// prepareBinder writes what the game day's own BinderHub reads, if it has one.
func (p *Plane) prepareBinder(w *world.World) error {
	if !w.HasBinder() {
		return nil
	}
	config, ports := w.Binder(), p.specs.ports
	config.Kubeconfig, config.Record = p.dir.InternalKubeconfig(), p.dir.LaunchRecord()
	config.Port, config.PublicPort, config.ControlPort = ports.binder, ports.public, ports.binderControl
	config.HubPort, config.ProxyPort = ports.hub, ports.proxy
	if w.HasRedirector() {
		config.RedirectorPort, config.MemberPort = ports.redirector, ports.member
	}
	return binder.WriteConfig(p.dir.BinderConfig(), config)
}

// tellBinder has others know where BinderHub is.
func (p *Plane) tellBinder(info *state.Info, w *world.World) {
	if !w.HasBinder() {
		return
	}
	ports := p.specs.ports
	info.BinderPort, info.PublicPort = ports.binder, ports.public
	info.BinderControl = fmt.Sprintf("http://127.0.0.1:%d/%s", ports.binderControl, w.BinderControlKey())
	if w.HasRedirector() {
		info.RedirectorPort, info.MemberPort = ports.redirector, ports.member
	}
}

func (s specs) binder() supervisor.Spec {
	return s.linked(component.Binder, "--config="+s.dir.BinderConfig())
}
