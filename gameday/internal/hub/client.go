package hub

import (
	"context"
	"net/http"

	"github.com/binderctl/binderctl/gameday/internal/control"
)

// Control speaks to the game day's Hub from another process.
type Control struct{ control.Client }

// ControlAt speaks to the Hub whose control has this address; "" is that of a
// game day without one.
func ControlAt(address string) Control {
	return Control{control.Client{URL: address, Whom: "the Hub", Component: "hub", Patience: control.Patience}}
}

// Judge asks how well the Hub knows its pods.
func (c Control) Judge(ctx context.Context) (*Judgement, error) {
	judgement := new(Judgement)
	return judgement, c.Call(ctx, http.MethodGet, "/judgement", nil, judgement)
}
