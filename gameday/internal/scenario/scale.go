package scenario

// Scale changes the size of a scenario: pods is the number of all its user pods
// together, in the same proportions, and nodes that of its largest pool. 0
// leaves a number as it is.
func (s *Scenario) Scale(pods, nodes int) {
	total := 0
	for _, group := range s.UserPods {
		total += group.Count
	}
	if pods > 0 && total > 0 {
		sum, given := 0, 0
		for i := range s.UserPods {
			sum += s.UserPods[i].Count
			share := pods*sum/total - given
			s.UserPods[i].Count, given = share, given+share
		}
	}
	if nodes > 0 && len(s.Nodes) > 0 {
		largest := 0
		for i := range s.Nodes {
			if s.Nodes[i].Count > s.Nodes[largest].Count {
				largest = i
			}
		}
		s.Nodes[largest].Count = nodes
	}
}
