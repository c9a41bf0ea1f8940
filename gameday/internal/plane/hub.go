package plane

import (
	"fmt"

	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/hubdb"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

// prepareHub writes what the game day's own Hub reads, if it has one.
func (p *Plane) prepareHub(w *world.World) error {
	if !w.HasHub() {
		return nil
	}
	config, content, err := w.Hub()
	if err != nil {
		return err
	}
	config.Kubeconfig = p.dir.InternalKubeconfig()
	config.HubPort, config.ProxyPort, config.ControlPort = p.specs.ports.hub, p.specs.ports.proxy, p.specs.ports.hubControl
	config.Database, config.Log = p.dir.HubDatabase(), p.dir.HubLog()
	if err := hub.WriteConfig(p.dir.HubConfig(), config); err != nil {
		return err
	}
	return hubdb.Write(p.dir.HubDatabase(), content)
}

// hubControl is where the game day's own Hub is told its faults.
func (s specs) hubControl(w *world.World) string {
	return fmt.Sprintf("http://127.0.0.1:%d/%s", s.ports.hubControl, w.HubControlKey())
}
