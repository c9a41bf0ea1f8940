package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// What a Hub's silence or refusal means, for whoever decides what to do next.
var (
	// ErrUnreachable means that no Hub answered: nothing is known of its servers.
	ErrUnreachable = errors.New("the Hub does not answer")
	// ErrHangs means that the Hub takes requests and answers none of them. It is
	// ErrUnreachable, too.
	ErrHangs = fmt.Errorf("%w: it hangs: it takes requests and does not even tell its version", ErrUnreachable)
	// ErrNoHub means that there is no Hub where it was looked for.
	ErrNoHub = errors.New("there is no Hub")
	// ErrSeveral means that there are hub pods that cannot be told apart.
	ErrSeveral = errors.New("one alone can be the Hub")
	// ErrNoToken means that there is no token to ask the Hub with.
	ErrNoToken = errors.New("no token for the Hub")
	// ErrRefused means that the Hub does not accept the token, or not for this.
	ErrRefused = errors.New("the Hub refuses the token")
	// ErrIncomplete means that a list broke off or changed too much to be trusted.
	ErrIncomplete = errors.New("the Hub's list is incomplete")
)

// AnswerError is an answer that is no success.
type AnswerError struct {
	Code    int    // of HTTP
	Message string // the Hub's own, or "" if something else answered
	Wait    time.Duration
}

// Error says who answered what.
func (e *AnswerError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the answer was %d %s, and not in the Hub's words", e.Code, http.StatusText(e.Code))
	}
	return fmt.Sprintf("the Hub says %d: %s", e.Code, e.Message)
}

// hubWords is the message of a refusal if it is the Hub's own: its errors repeat
// the code of HTTP as a number, which those of others that answer in JSON, such
// as an API server or an Ingress, do not. Otherwise it is "".
func hubWords(code int, body io.Reader) string {
	var said struct {
		Status  any
		Message string
	}
	if json.NewDecoder(body).Decode(&said) != nil || said.Status != float64(code) {
		return ""
	}
	return strings.ToValidUTF8(said.Message[:min(len(said.Message), mostMessage)], "")
}

// noAccess is how a Hub since 2.0 begins to say that a token whose scopes are
// filtered, by group or user, may not see something: with the same 404, and it
// does not say whether there is such a thing.
const noAccess = "No access to resources"

// Unwrap lets a caller tell what an answer means.
func (e *AnswerError) Unwrap() error {
	switch {
	case e.Code == http.StatusNotFound && strings.HasPrefix(e.Message, noAccess):
		return ErrRefused
	case e.Code == http.StatusForbidden, e.Code == http.StatusUnauthorized:
		return ErrRefused
	case inFront(e.Code):
		return ErrUnreachable
	default:
		return nil
	}
}

// inFront reports whether an answer was given in the Hub's place.
func inFront(code int) bool {
	return code == http.StatusBadGateway || code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout
}

// Status has a cluster.Pacer heed a busy Hub as it does a busy API server. A 500
// is an answer that another try would get again.
func (e *AnswerError) Status() metav1.Status {
	status := metav1.Status{Status: metav1.StatusFailure, Code: int32(e.Code), Message: e.Error()}
	switch {
	case e.Code == http.StatusTooManyRequests:
		status.Reason = metav1.StatusReasonTooManyRequests
		status.Details = &metav1.StatusDetails{RetryAfterSeconds: int32(e.Wait.Seconds())}
	case inFront(e.Code):
		status.Reason = metav1.StatusReasonServiceUnavailable
	}
	return status
}

// unreachableError is that no answer came.
type unreachableError struct{ cause error }

func (e unreachableError) Error() string   { return ErrUnreachable.Error() + ": " + e.cause.Error() }
func (e unreachableError) Unwrap() []error { return []error{ErrUnreachable, e.cause} }

// unanswered says in words why no answer came. The request's URL, which names a
// user, is left out.
func unanswered(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	err = cluster.WithoutAddress(err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, ErrHangs):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return unreachableError{cluster.ErrSilent}
	default:
		return unreachableError{err}
	}
}
