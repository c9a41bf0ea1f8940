package control

import "time"

// Fault is what can be wrong with a stand-in.
type Fault struct {
	Name   string `json:"name"`
	Means  string `json:"means"`
	Memory bool   `json:"memory"` // it is in the process's memory: another hub pod does not have it
}

// FaultState is a fault and since when it holds, if it does.
type FaultState struct {
	Fault
	Since *time.Time `json:"since"`
}

// Names are those of faults.
func Names(faults []Fault) []string {
	names := make([]string, len(faults))
	for i, fault := range faults {
		names[i] = fault.Name
	}
	return names
}
