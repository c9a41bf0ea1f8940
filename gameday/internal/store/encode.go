package store

import (
	"bytes"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/binderctl/binderctl/gameday/internal/world"
)

// encode returns where and how the API server stores an object.
func encode(object world.Object) (where, value string, err error) {
	kinds, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		return "", "", fmt.Errorf("encode %s: %w", object.GetName(), err)
	}
	kind := kinds[0]
	serializer := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	var content bytes.Buffer
	encoder := scheme.Codecs.EncoderForVersion(serializer, runtime.GroupVersioner(kind.GroupVersion()))
	if err := encoder.Encode(object, &content); err != nil {
		return "", "", fmt.Errorf("encode %s %s: %w", kind.Kind, object.GetName(), err)
	}
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	return key(resource.Resource, object.GetNamespace(), object.GetName()), content.String(), nil
}
