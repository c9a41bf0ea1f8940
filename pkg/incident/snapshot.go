package incident

import "time"

// Snapshot is how the cluster was at a moment.
type Snapshot struct {
	At       time.Time `json:"at"`
	Users    *Users    `json:"users"` // nil if the pods could not be read
	Nodes    *Nodes    `json:"nodes"` // nil if the nodes could not be read
	Repos    []Repo    `json:"repos"` // with the most user pods, the most first
	Unseen   []Unseen  `json:"unseen"`
	Duration float64   `json:"tookSeconds"`
}

// Users are users' pods, counted.
type Users struct {
	Pods          int            `json:"pods"`
	Phases        map[string]int `json:"phases"`
	Pending       int            `json:"pending"`
	Oldest        float64        `json:"oldestSeconds"` // 0 if there are none
	OldestPending float64        `json:"oldestPendingSeconds"`
}

// Nodes are nodes, counted.
type Nodes struct {
	Nodes    int `json:"nodes"`
	Cordoned int `json:"cordoned"`
	NotReady int `json:"notReady"`
}

// Repo is a repository with its user pods.
type Repo struct {
	Name string `json:"name"`
	Pods int    `json:"pods"`
}

// Unseen is what could not be seen.
type Unseen struct {
	What string `json:"what"`
	Why  string `json:"why"`
}
