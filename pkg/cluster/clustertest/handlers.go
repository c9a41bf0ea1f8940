package clustertest

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/pods", s.read)
	mux.HandleFunc("GET /api/v1/namespaces/{namespace}/pods", s.read)
	mux.HandleFunc("DELETE /api/v1/namespaces/{namespace}/pods/{name}", s.delete)
	mux.HandleFunc("GET /api/v1/namespaces/{namespace}/pods/{name}", s.pod)
	mux.HandleFunc("POST /api/v1/namespaces/{namespace}/pods/{name}/eviction", s.evict)
	mux.HandleFunc("GET /api/v1/nodes", s.listNodes)
	mux.HandleFunc("GET /api/v1/nodes/{name}", s.node)
	mux.HandleFunc("PATCH /api/v1/nodes/{name}", s.patchNode)
	mux.HandleFunc("GET /apis/policy/v1/poddisruptionbudgets", s.listBudgets)
	mux.HandleFunc("GET /api/v1/services", s.listServices)
	mux.HandleFunc("GET /apis/apps/v1/namespaces/{namespace}/daemonsets/{name}", s.daemonSet)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		Refuse(w, apierrors.NewNotFound(corev1.Resource("paths"), r.URL.Path))
	})
	return mux
}

// Refuse answers a request with an error, as the API server words it.
func Refuse(w http.ResponseWriter, err *apierrors.StatusError) {
	status := err.Status()
	if status.Details != nil && status.Details.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
	}
	answer(w, int(status.Code), &status)
}

// answer answers in JSON, which every client takes.
func answer(w http.ResponseWriter, code int, object runtime.Object) {
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(typed(object)) // the client may have hung up
}

// teller is how a watch's events are sent: in protobuf, if the client would
// rather have that, as most do for whole pods.
func teller(w http.ResponseWriter, r *http.Request, q question) func(kind watch.EventType, object runtime.Object) {
	if q.metadata || !strings.HasPrefix(r.Header.Get("Accept"), runtime.ContentTypeProtobuf) {
		w.Header().Set("Content-Type", runtime.ContentTypeJSON)
		events := json.NewEncoder(w)
		return func(kind watch.EventType, object runtime.Object) {
			_ = events.Encode(metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Object: typed(object)}})
		}
	}
	w.Header().Set("Content-Type", runtime.ContentTypeProtobuf+";stream=watch")
	serializer := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	return func(kind watch.EventType, object runtime.Object) {
		raw, err := runtime.Encode(serializer, typed(object))
		if err != nil {
			panic(err)
		}
		event := metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: raw}}
		frame, err := event.Marshal()
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(frame)))) // a client that hung up ends the request's context
		_, _ = w.Write(frame)
	}
}

// typed gives an object the name of its type, which Go's types know and JSON
// does not.
func typed(object runtime.Object) runtime.Object {
	switch o := object.(type) {
	case *metav1.Status:
		o.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	case *corev1.Pod:
		o.TypeMeta = metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}
	case *corev1.PodList:
		o.TypeMeta = metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}
	case *corev1.Node:
		o.TypeMeta = metav1.TypeMeta{Kind: "Node", APIVersion: "v1"}
	case *metav1.PartialObjectMetadata:
		o.TypeMeta = metav1.TypeMeta{Kind: "PartialObjectMetadata", APIVersion: "meta.k8s.io/v1"}
	case *metav1.PartialObjectMetadataList:
		o.TypeMeta = metav1.TypeMeta{Kind: "PartialObjectMetadataList", APIVersion: "meta.k8s.io/v1"}
	}
	return object
}

// question is what a list or a watch asks for.
type question struct {
	namespace string
	labels    labels.Selector
	fields    fields.Selector
	options   metav1.ListOptions
	metadata  bool // the metadata alone
}

func ask(r *http.Request) (question, error) {
	q := question{
		namespace: r.PathValue("namespace"),
		metadata:  strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata"),
	}
	if err := metav1.Convert_url_Values_To_v1_ListOptions(new(r.URL.Query()), &q.options, nil); err != nil {
		return q, err
	}
	var err error
	if q.labels, err = labels.Parse(q.options.LabelSelector); err != nil {
		return q, err
	}
	q.fields, err = fields.ParseSelector(q.options.FieldSelector)
	return q, err
}

func (q question) wants(pod *corev1.Pod) bool {
	return (q.namespace == "" || q.namespace == pod.Namespace) &&
		q.labels.Matches(labels.Set(pod.Labels)) &&
		q.fields.Matches(fields.Set{
			"metadata.name": pod.Name, "metadata.namespace": pod.Namespace,
			"spec.nodeName": pod.Spec.NodeName, "status.phase": string(pod.Status.Phase),
		})
}

// view is what the client is shown of a pod.
func (q question) view(pod *corev1.Pod) runtime.Object {
	if q.metadata {
		return &metav1.PartialObjectMetadata{ObjectMeta: pod.ObjectMeta}
	}
	return pod.DeepCopy()
}

// read answers lists and watches.
func (s *Server) read(w http.ResponseWriter, r *http.Request) {
	q, err := ask(r)
	switch {
	case err != nil:
		Refuse(w, apierrors.NewBadRequest(err.Error()))
	case !q.options.Watch:
		s.list(w, q)
	default:
		s.watch(w, r, q)
	}
}

// list answers one page. Pods come by name, as from etcd.
func (s *Server) list(w http.ResponseWriter, q question) {
	found, version := s.snapshot(q)
	meta := metav1.ListMeta{ResourceVersion: strconv.FormatInt(version, 10)}
	found = slices.DeleteFunc(found, func(pod *corev1.Pod) bool { return pod.Namespace+"/"+pod.Name <= q.options.Continue })
	if limit := q.options.Limit; limit > 0 && int64(len(found)) > limit {
		found = found[:limit]
		last := found[limit-1]
		meta.Continue = last.Namespace + "/" + last.Name
	}
	if q.metadata {
		list := &metav1.PartialObjectMetadataList{ListMeta: meta}
		for _, pod := range found {
			list.Items = append(list.Items, metav1.PartialObjectMetadata{ObjectMeta: pod.ObjectMeta})
		}
		answer(w, http.StatusOK, list)
		return
	}
	list := &corev1.PodList{ListMeta: meta}
	for _, pod := range found {
		list.Items = append(list.Items, *pod)
	}
	answer(w, http.StatusOK, list)
}

func (s *Server) snapshot(q question) (found []*corev1.Pod, version int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pod := range s.pods {
		if q.wants(pod) {
			found = append(found, pod)
		}
	}
	slices.SortFunc(found, func(a, b *corev1.Pod) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return found, s.version
}

// watch tells of changes until the client hangs up; first, if it is asked to,
// of what there is.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, q question) {
	s.mu.Lock()
	streams := s.streams
	s.mu.Unlock()
	initial := q.options.SendInitialEvents != nil && *q.options.SendInitialEvents
	if initial && !streams {
		Refuse(w, apierrors.NewInvalid(metav1.Kind("ListOptions"), "", nil))
		return
	}
	tell := teller(w, r, q)
	flush := func() { _ = http.NewResponseController(w).Flush() }

	from, _ := strconv.ParseInt(q.options.ResourceVersion, 10, 64)
	if initial {
		var found []*corev1.Pod
		found, from = s.snapshot(q)
		for _, pod := range found {
			tell(watch.Added, q.view(pod))
		}
		end := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			ResourceVersion: strconv.FormatInt(from, 10),
			Annotations:     map[string]string{metav1.InitialEventsAnnotationKey: "true"},
		}}
		tell(watch.Bookmark, q.view(end))
	}
	for {
		flush()
		changes, changed, expired := s.since(from)
		if expired {
			tell(watch.Error, new(apierrors.NewResourceExpired("too old resource version").Status()))
			return
		}
		for _, change := range changes {
			from = change.version
			switch wanted, before := q.wants(change.pod), change.before != nil && q.wants(change.before); {
			case wanted:
				tell(change.kind, q.view(change.pod))
			case before: // to whom it is no longer shown, it is gone
				tell(watch.Deleted, q.view(change.pod))
			}
		}
		if len(changes) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// since lists what happened after a version, and what to wait on for more.
func (s *Server) since(version int64) (changes []change, changed <-chan struct{}, expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version < s.forgotten {
		return nil, nil, true
	}
	for _, change := range s.history {
		if change.version > version {
			changes = append(changes, change)
		}
	}
	return changes, s.changed, false
}

// delete removes a pod, or marks it where something holds it.
func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	name := types.NamespacedName{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	options := &metav1.DeleteOptions{}
	if body, err := io.ReadAll(r.Body); err == nil && len(body) > 0 {
		if _, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, options); err != nil {
			Refuse(w, apierrors.NewBadRequest(err.Error()))
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pod, ok := s.pods[name]
	switch {
	case !ok:
		Refuse(w, apierrors.NewNotFound(corev1.Resource("pods"), name.Name))
		return
	case options.Preconditions != nil && options.Preconditions.UID != nil && *options.Preconditions.UID != pod.UID:
		Refuse(w, apierrors.NewConflict(corev1.Resource("pods"), name.Name, errNamesake))
		return
	}
	pod = pod.DeepCopy()
	if len(options.DryRun) == 0 {
		s.end(pod, options)
	}
	answer(w, http.StatusOK, pod)
}

// end removes or marks a pod. The server is locked.
func (s *Server) end(pod *corev1.Pod, options *metav1.DeleteOptions) {
	atOnce := options.GracePeriodSeconds != nil && *options.GracePeriodSeconds == 0
	switch {
	case len(pod.Finalizers) == 0 && (atOnce || !s.lingering):
		s.note(watch.Deleted, pod)
	case pod.DeletionTimestamp == nil:
		pod.DeletionTimestamp = new(metav1.NewTime(Now()))
		s.note(watch.Modified, pod)
	}
}

func (s *Server) node(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if node, ok := s.nodes[r.PathValue("name")]; ok {
		answer(w, http.StatusOK, node.DeepCopy())
		return
	}
	Refuse(w, apierrors.NewNotFound(corev1.Resource("nodes"), r.PathValue("name")))
}
