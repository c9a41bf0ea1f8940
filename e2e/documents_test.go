package e2e

// podDoc is a pod in binderctl's JSON.
type podDoc struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	Kind      string `json:"kind"`
	Repo      string `json:"repo"`
	RepoFrom  string `json:"repoFrom"`
	Phase     string `json:"phase"`
	Status    string `json:"status"`
	Node      string `json:"node"`
	User      string `json:"user"`
	Age       int    `json:"ageSeconds"`
	Reason    string `json:"reason"`
	Result    string `json:"result"`
	Detail    string `json:"detail"`
	Gone      bool   `json:"gone"`
}

// listDoc is the JSON of pods list.
type listDoc struct {
	Unseen []string `json:"unseen"`
	Items  []podDoc `json:"items"`
}

// planDoc is the JSON of a plan.
type planDoc struct {
	Digest  string   `json:"digest"`
	Victims []podDoc `json:"victims"`
	Spared  []struct {
		Reason   string   `json:"reason"`
		Pods     int      `json:"pods"`
		Examples []string `json:"examples"`
	} `json:"spared"`
	Cost struct {
		Users   int `json:"users"`
		Waiting int `json:"waiting"`
		OfUsers int `json:"ofUsers"`
	} `json:"cost"`
}

// names are those of the pods that the plan is to delete.
func (p planDoc) names() []string { return namesOf(p.Victims) }

// reportDoc is the JSON of a cull.
type reportDoc struct {
	Digest   string         `json:"digest"`
	Requests int            `json:"requests"`
	Counts   map[string]int `json:"counts"`
	Items    []podDoc       `json:"items"`
}

// with are the names of the pods that came to this.
func (r reportDoc) with(outcome string) []string {
	var names []string
	for _, item := range r.Items {
		if item.Result == outcome {
			names = append(names, item.Name)
		}
	}
	return names
}

func namesOf(pods []podDoc) []string {
	names := make([]string, len(pods))
	for i, pod := range pods {
		names[i] = pod.Name
	}
	return names
}
