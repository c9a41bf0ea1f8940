package cluster

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// shape says which fields of a protobuf message are worth decoding. Nine tenths
// of a user's pod are not: volumes, tolerations, managed fields, the
// environment with its tokens. What is left out here is never turned into
// objects at all, which makes a list three times as fast (measured) and keeps
// secrets out of memory.
type shape struct {
	fields []*shape                  // by number; nil keeps the message whole
	only   func(message []byte) bool // nil keeps every message
}

// fields returns a shape that keeps some fields whole.
func fields(numbers ...protowire.Number) *shape {
	s := &shape{fields: []*shape{}}
	for _, number := range numbers {
		s.with(number, &shape{})
	}
	return s
}

// with adds a field of which only a part is kept.
func (s *shape) with(number protowire.Number, part *shape) *shape {
	if missing := int(number) + 1 - len(s.fields); missing > 0 {
		s.fields = append(s.fields, make([]*shape, missing)...)
	}
	s.fields[number] = part
	return s
}

// part is what is kept of a field, or nil.
func (s *shape) part(number protowire.Number) *shape {
	if int(number) < len(s.fields) {
		return s.fields[number]
	}
	return nil
}

// prune appends to dst what is worth decoding of a message.
func (s *shape) prune(dst, message []byte) ([]byte, error) {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return nil, fmt.Errorf("decode protobuf: %w", protowire.ParseError(tag))
		}
		value := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if value < 0 {
			return nil, fmt.Errorf("decode protobuf: %w", protowire.ParseError(value))
		}
		if part := s.part(number); part != nil {
			var err error
			if dst, err = part.keep(dst, kind, message[:tag+value], message[:tag], message[tag:tag+value]); err != nil {
				return nil, err
			}
		}
		message = message[tag+value:]
	}
	return dst, nil
}

// keep appends a field: the whole of it, or what the shape keeps of the message
// it holds.
func (s *shape) keep(dst []byte, kind protowire.Type, field, tag, value []byte) ([]byte, error) {
	if kind != protowire.BytesType || s.fields == nil && s.only == nil {
		return append(dst, field...), nil
	}
	message, n := protowire.ConsumeBytes(value)
	if n < 0 {
		return nil, fmt.Errorf("decode protobuf: %w", protowire.ParseError(n))
	}
	if s.only != nil && !s.only(message) {
		return dst, nil
	}
	if s.fields == nil {
		return append(dst, field...), nil
	}
	dst = append(dst, tag...)
	length := len(dst)
	dst, err := s.prune(append(dst, make([]byte, lengthBytes)...), message)
	if err != nil {
		return nil, err
	}
	putLength(dst[length:], len(dst)-length-lengthBytes)
	return dst, nil
}

// lengthBytes is how many bytes the length of a pruned message is written in,
// which is known only afterwards: four, enough for 256 MB. A number may be
// written in more bytes than it needs.
const lengthBytes = 4

func putLength(dst []byte, n int) {
	for i := range lengthBytes - 1 {
		dst[i] = byte(n>>(7*i)) | 0x80
	}
	dst[lengthBytes-1] = byte(n >> (7 * (lengthBytes - 1)))
}

// podShape is what binderctl reads of a pod; detail adds what only a diagnosis
// reads. The numbers are those of k8s.io/api/core/v1/generated.proto; they never
// change.
func podShape(detail bool) *shape {
	const (
		podMetadata, podSpec, podStatus                       = 1, 2, 3
		specVolumes, specContainers, specNodeName             = 1, 2, 10
		specInitContainers, specOverhead, specResources       = 20, 32, 40
		specNodeSelector, specAffinity, specTolerations       = 7, 18, 22
		specPriority, specPreemption, specGates               = 25, 31, 38
		nodeAffinity, requiredAffinity                        = 1, 1
		name, image, env, resources, restartPolicy            = 1, 2, 7, 8, 24
		requests                                              = 2
		phase, conditions, reason, containers, initContainers = 1, 2, 4, 8, 10
		message, startTime                                    = 3, 7
		volumeName, volumeSource, hostPath, emptyDir          = 1, 2, 1, 2
	)
	metadata := fields(1, 3, 5, 6, 8, 9, 11, 12, 13, 14) // all that identifies; not 17, managedFields
	container := fields(name, image, restartPolicy).
		with(env, &shape{only: isRepoURL}).
		with(resources, fields(requests))
	containerStatus := fields(1, 2, 3, 4, 5, 9) // name, state, last state, ready, restarts, started
	spec := fields(specNodeName, specOverhead).
		with(specContainers, container).
		with(specInitContainers, container).
		with(specResources, fields(requests)) // of the pod as a whole
	status := fields(phase, reason).
		with(conditions, fields(1, 2, 5)). // type, status, reason
		with(containers, containerStatus).
		with(initContainers, containerStatus)
	if detail {
		spec.with(specVolumes, fields(volumeName).with(volumeSource, fields(hostPath, emptyDir))).
			with(specNodeSelector, &shape{}).
			with(specAffinity, fields().with(nodeAffinity, fields(requiredAffinity))).
			with(specTolerations, &shape{}).
			with(specPriority, &shape{}).with(specPreemption, &shape{}).with(specGates, &shape{})
		status.with(conditions, fields(1, 2, 4, 5, 6)). // and when it changed, and the message
								with(message, &shape{}).with(startTime, &shape{})
	}
	return fields().with(podMetadata, metadata).with(podSpec, spec).with(podStatus, status)
}

// isRepoURL reports whether an environment variable is the one that says which
// repository a pod runs.
func isRepoURL(variable []byte) bool {
	const name = 1
	number, kind, tag := protowire.ConsumeTag(variable)
	if tag < 0 || number != name || kind != protowire.BytesType {
		return false
	}
	value, n := protowire.ConsumeBytes(variable[tag:])
	return n >= 0 && string(value) == repoURLVariable
}
