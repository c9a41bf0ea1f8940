package world

import (
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// wanted is the pool of the i-th replica and the end of its name, each "" where
// the scenario leaves it to chance.
func (m *workload) wanted(i int) (pool, ending string) {
	for _, share := range m.Where {
		if i < share.Pods {
			return share.Pool, name(share, i)
		}
		i -= share.Pods
	}
	return "", ""
}

// wantedOn is the end of the name of a DaemonSet's pod on the i-th node of a
// pool.
func (m *workload) wantedOn(pool string, i int) string {
	for _, share := range m.Where {
		if share.Pool == pool {
			return name(share, i)
		}
	}
	return ""
}

func name(share scenario.Share, i int) string {
	if i < len(share.Names) {
		return share.Names[i]
	}
	return ""
}

// sickness finds what ails a container in a new pod on a pool's nodes. Each
// sickness has only so many pods, which seen counts.
func sickness(container *scenario.Container, pool string, seen []int) *scenario.Sick {
	for i := range container.Sick {
		sick := &container.Sick[i]
		if sick.Pool != "" && sick.Pool != pool || sick.Pods > 0 && seen[i] >= sick.Pods {
			continue
		}
		seen[i]++
		return sick
	}
	return nil
}
