package binder

import (
	"net/http"

	"github.com/binderctl/binderctl/gameday/internal/control"
)

// control answers the game day's own commands.
func (b *Binder) control() http.Handler {
	mux := http.NewServeMux()
	base := "/" + b.config.ControlKey
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	control.ServeFaults(mux, base, b.troubles.states, b.troubles.turn)
	mux.HandleFunc("GET "+base+"/record", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, b.book.Spans(), nil) })
	mux.HandleFunc("POST "+base+"/jupyter", func(w http.ResponseWriter, r *http.Request) {
		control.Reply(w, struct{}{}, b.servers.Put(r.FormValue("user"), r.FormValue("url")))
	})
	return mux
}

// ControlAt speaks to the game day's BinderHub, whose control has this address,
// from another process; "" is that of a game day without one.
func ControlAt(address string) control.Client {
	return control.Client{URL: address, Whom: "BinderHub", Component: "binder", Patience: control.Patience}
}
