package hub

import "time"

// MayHaveMade reports whether a pod that was created then can be the one that the
// Hub made for a server, by when the server began to start. The Hub notes that
// and asks for the pod within seconds (after volumes, if there are any), and gives
// the start up when StartTimeout is over. A pod that only bears the names, by
// somebody's copy or from another cluster, hardly fits. Of a server whose start
// the Hub does not tell, nobody can say.
func (s Settings) MayHaveMade(server Server, created time.Time) bool {
	return mayHaveMade(server, created, s.StartTimeout)
}

func mayHaveMade(server Server, created time.Time, startTimeout time.Duration) bool {
	return !server.Started.IsZero() &&
		!created.Before(server.Started.Add(-grace)) && !created.After(server.Started.Add(startTimeout+grace))
}
