package control

import (
	"encoding/json"
	"net/http"
)

// Reply answers a command, or says why it was not followed.
func Reply(w http.ResponseWriter, answer any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // who hung up does not want it
}

// ServeFaults answers what Client.Faults and Client.Switch ask, below base.
func ServeFaults(mux *http.ServeMux, base string, states func() []FaultState, turn func(name string, on bool) error) {
	mux.HandleFunc("GET "+base+"/faults", func(w http.ResponseWriter, _ *http.Request) { Reply(w, states(), nil) })
	mux.HandleFunc("POST "+base+"/faults/{name}/{state}", func(w http.ResponseWriter, r *http.Request) {
		err := turn(r.PathValue("name"), r.PathValue("state") == "on")
		Reply(w, states(), err)
	})
}
