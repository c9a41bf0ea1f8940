package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Stopping is what the Hub answered when it was asked to stop a server.
type Stopping string

// What it can answer. None of them says that the pod is gone: the Hub answers
// Stopped, too, when the stop has failed and it has forgotten the server.
const (
	Stopped Stopping = "stopped"  // 204
	Stops   Stopping = "stopping" // 202: it is still at it
	Unknown Stopping = "unknown"  // 404: it has no such server
)

// Stop asks the Hub to stop a server. If the server has not ended by then, the
// Hub answers after ten seconds (JupyterHub's slow_stop_timeout). One that hangs is
// found out soon after that (ErrHangs); it may have heard all the same.
func (c *Client) Stop(ctx context.Context, key Key) (Stopping, error) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	doubt := time.AfterFunc(stopDoubt, func() {
		if _, err := c.Version(ctx); errors.Is(err, cluster.ErrSilent) {
			giveUp(ErrHangs)
		}
	})
	defer doubt.Stop()
	code, err := c.ask(ctx, http.MethodDelete, serverPath(key), jsonType, stopPatience, nil)
	switch {
	case notFound(err):
		return Unknown, nil
	case err != nil:
		return "", fmt.Errorf("ask the Hub to stop the server of %s: %w", key.User, err)
	case code == http.StatusAccepted:
		return Stops, nil
	default:
		return Stopped, nil
	}
}
