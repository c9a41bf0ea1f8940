package hub

import "context"

// Stopping is what the Hub answered when it was asked to stop a server.
type Stopping string

// What it can answer. None of them says that the pod is gone: the Hub answers
// Stopped, too, when the stop has failed and it has forgotten the server.
const (
	Stopped Stopping = "stopped"   // 204
	Stops   Stopping = "stopping"  // 202: it is still at it
	Unknown Stopping = "not known" // 404: it has no such server
)

// Stop asks the Hub to stop a server. The Hub answers after ten seconds
// (JupyterHub's slow_stop_timeout) if the server is not gone by then.
func (c *Client) Stop(ctx context.Context, key Key) (Stopping, error) {
	panic("to be written")
}
