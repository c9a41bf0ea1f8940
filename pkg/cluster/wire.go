package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

// podStream reads the events of a watch on pods, and of each pod only what
// podShape keeps. It does what client-go's watch does, less most of the
// decoding.
type podStream struct {
	body  io.ReadCloser
	read  *bufio.Reader
	shape *shape
	frame []byte // reused
	lean  []byte // reused
}

// streamBuffer is how much is read from the connection at once.
const streamBuffer = 64 << 10

// largestFrame is more than any object can be: etcd takes 1.5 MB by default.
const largestFrame = 16 << 20

// openPods opens a watch on the pods that q chooses.
func (c *Client) openPods(ctx context.Context, q PodQuery, opts metav1.ListOptions) (*podStream, error) {
	opts.Watch = true
	body, err := c.Kube.CoreV1().RESTClient().Get().
		Namespace(q.Namespace).Resource(string(corev1.ResourcePods)).
		VersionedParams(&opts, scheme.ParameterCodec).
		SetHeader("Accept", runtime.ContentTypeProtobuf+";stream=watch").
		Stream(ctx)
	if err != nil {
		return nil, err
	}
	return &podStream{body: body, read: bufio.NewReaderSize(body, streamBuffer), shape: podShape(q.Detail)}, nil
}

// close ends the watch.
func (s *podStream) close() { _ = s.body.Close() } // it was only read from

// next returns the next event. io.EOF means that the server ended the watch,
// errNoStream that it does not speak protobuf.
func (s *podStream) next() (watch.EventType, *corev1.Pod, error) {
	if err := s.readFrame(); err != nil {
		return "", nil, err
	}
	event, object := splitEvent(s.frame)
	if object == nil {
		return "", nil, fmt.Errorf("read watch: %w", io.ErrUnexpectedEOF)
	}
	if event == watch.Error {
		return event, nil, statusError(object)
	}
	var err error
	if s.lean, err = s.shape.prune(s.lean[:0], object); err != nil {
		return "", nil, err
	}
	pod := &corev1.Pod{}
	if err := pod.Unmarshal(s.lean); err != nil {
		return "", nil, fmt.Errorf("decode pod: %w", err)
	}
	return event, pod, nil
}

// readFrame reads the length of the next frame, and the frame.
func (s *podStream) readFrame() error {
	var header [4]byte
	if _, err := io.ReadFull(s.read, header[:]); err != nil {
		return err
	}
	length := binary.BigEndian.Uint32(header[:])
	if length > largestFrame { // also what JSON looks like
		return errNoStream
	}
	if cap(s.frame) < int(length) {
		s.frame = make([]byte, 2*length)
	}
	s.frame = s.frame[:length]
	_, err := io.ReadFull(s.read, s.frame)
	return err
}

// splitEvent takes a frame apart without copying: a metav1.WatchEvent, whose
// object is in Kubernetes' envelope for protobuf (a magic number and a
// runtime.Unknown). The object is nil if the frame is not like that.
func splitEvent(frame []byte) (kind watch.EventType, object []byte) {
	const (
		eventType, eventObject = 1, 2
		extensionRaw           = 1
		unknownRaw             = 2
	)
	kind = watch.EventType(field(frame, eventType))
	inside, ok := bytes.CutPrefix(field(field(frame, eventObject), extensionRaw), []byte{'k', '8', 's', 0})
	if !ok {
		return kind, nil
	}
	return kind, field(inside, unknownRaw)
}

// field returns the bytes of a field of a protobuf message, or nil.
func field(message []byte, wanted protowire.Number) []byte {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return nil
		}
		if number == wanted && kind == protowire.BytesType {
			value, n := protowire.ConsumeBytes(message[tag:])
			if n < 0 {
				return nil
			}
			return value
		}
		value := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if value < 0 {
			return nil
		}
		message = message[tag+value:]
	}
	return nil
}

// statusError is the error that a server sends within a watch.
func statusError(object []byte) error {
	status := &metav1.Status{}
	if err := status.Unmarshal(object); err != nil {
		return fmt.Errorf("decode status: %w", err)
	}
	return apierrors.FromObject(status)
}
