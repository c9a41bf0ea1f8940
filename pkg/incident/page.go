package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Sizes of the document, in bytes. Kubernetes' own limit of a ConfigMap is
// 1 MiB; why it is kept far below is in the description of the package.
const (
	softLimit = 128 << 10 // beyond it older entries move to a page
	hardLimit = 900 << 10 // beyond it nothing more is taken in
	// leastPage is what a page has to hold to be worth one: where it is checks that
	// are long, moving entries makes room for nothing.
	leastPage = softLimit / 8
	// maxPages is far more than an incident was ever written down in: each is a
	// request whenever all of it is read.
	maxPages = 500
	// MaxText is the longest text of an entry: a page of log, not all of it.
	MaxText = 16 << 10
)

// turnPage moves the older half of the entries to a page of their own if the
// document has grown too large by them. Who may not do that leaves it to others.
func (s *Store) turnPage(ctx context.Context, in *Incident) error {
	half := len(in.Entries) / 2
	if in.Pages == maxPages || sizeOf(in) < softLimit || sizeOf(in.Entries[:half]) < leastPage {
		return nil
	}
	page := &Incident{Version: Version, ID: in.ID, Title: in.Title, Where: in.Where, Opened: in.Opened, Entries: slices.Clone(in.Entries[:half])}
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: pageName(in.ID, in.Pages+1), Namespace: s.namespace, Labels: labels(in.ID),
	}}
	object.Labels[pageKey] = strconv.Itoa(in.Pages + 1)
	if err := encode(object, page); err != nil {
		return err
	}
	_, err := s.maps().Create(ctx, object, metav1.CreateOptions{})
	switch {
	case apierrors.IsForbidden(err):
		return nil
	case apierrors.IsAlreadyExists(err):
		// Somebody else is turning this page, or was killed while they did. What
		// is on it stays in the document too, and the next page is another.
		in.Pages++
		return nil
	case err != nil:
		return fmt.Errorf("move older entries to a page: %w", err)
	}
	in.Pages++
	in.Entries = slices.Delete(in.Entries, 0, half)
	return nil
}

// sizeOf is how many bytes something takes in a document. What cannot be written at
// all has none: writing it says so.
func sizeOf(part any) int {
	text, _ := json.Marshal(part)
	return len(text)
}

func pageName(id string, n int) string { return archiveName(id) + "-log-" + strconv.Itoa(n) }

// Complete gives an incident the entries of its pages.
func (s *Store) Complete(ctx context.Context, in *Incident) error {
	for n := 1; n <= in.Pages; n++ {
		_, page, err := s.read(ctx, pageName(in.ID, n))
		if apierrors.IsNotFound(err) {
			continue // it never came to be: its entries are in the document still
		}
		if err != nil {
			return fmt.Errorf("page %d: %w", n, err)
		}
		for _, e := range page.Entries {
			in.putOld(e)
		}
	}
	return nil
}

// putOld adds an entry unless a newer version of it is known.
func (i *Incident) putOld(e Entry) {
	if !slices.ContainsFunc(i.Entries, func(known Entry) bool { return known.ID == e.ID && !known.Ended.Before(e.Ended) }) {
		i.put(e)
	}
}
