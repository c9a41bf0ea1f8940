package nodes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// amount is what a node offers, or a pod asks for.
type amount struct{ cpu, memory, pods int64 } // thousandths of a core, bytes, number

func amountOf(list corev1.ResourceList, pods int) amount {
	return amount{list.Cpu().MilliValue(), list.Memory().Value(), int64(pods)}
}

// requested is what a pod asks for.
func requested(pod *corev1.Pod) amount {
	total := amount{pods: 1}
	for i := range pod.Spec.Containers {
		total = total.plus(amountOf(pod.Spec.Containers[i].Resources.Requests, 0))
	}
	return total
}

func (a amount) plus(b amount) amount {
	return amount{a.cpu + b.cpu, a.memory + b.memory, a.pods + b.pods}
}

// holds is how many pods of a size fit into what is left of a beside used.
func (a amount) holds(used, size amount) int {
	fits := a.pods - used.pods
	if size.cpu > 0 {
		fits = min(fits, (a.cpu-used.cpu)/size.cpu)
	}
	if size.memory > 0 {
		fits = min(fits, (a.memory-used.memory)/size.memory)
	}
	return int(max(0, fits))
}

// usual is the middle of many amounts, each part by itself.
func usual(list []amount) amount {
	if len(list) == 0 {
		return amount{pods: 1}
	}
	middle := func(part func(amount) int64) int64 {
		values := make([]int64, len(list))
		for i, one := range list {
			values[i] = part(one)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return amount{
		middle(func(a amount) int64 { return a.cpu }),
		middle(func(a amount) int64 { return a.memory }), 1,
	}
}
