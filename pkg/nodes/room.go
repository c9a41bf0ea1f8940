package nodes

import (
	"math"

	corev1 "k8s.io/api/core/v1"
)

// Room is an amount of what pods take of a node.
type Room struct {
	CPU    int64 `json:"cpuMillis"` // in thousandths of a core
	Memory int64 `json:"memoryBytes"`
	Pods   int64 `json:"pods"`
}

func roomOf(list corev1.ResourceList) Room {
	return Room{CPU: list.Cpu().MilliValue(), Memory: list.Memory().Value(), Pods: list.Pods().Value()}
}

func (r Room) plus(other Room) Room {
	return Room{r.CPU + other.CPU, r.Memory + other.Memory, r.Pods + other.Pods}
}

func (r Room) minus(other Room) Room {
	return Room{r.CPU - other.CPU, r.Memory - other.Memory, r.Pods - other.Pods}
}

// holds is how many pods of one size fit: what runs out first decides. What a
// pod does not request does not run out.
func (r Room) holds(pod Room) int {
	fits := int64(math.MaxInt32)
	for _, one := range []struct{ room, pod int64 }{{r.CPU, pod.CPU}, {r.Memory, pod.Memory}, {r.Pods, max(1, pod.Pods)}} {
		if one.pod > 0 {
			fits = min(fits, max(0, one.room)/one.pod)
		}
	}
	return int(fits)
}
