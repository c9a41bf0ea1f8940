package cluster

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Permission is something an operator may be allowed to do in a namespace.
type Permission struct {
	Verb, Resource, Namespace string
	Subresource               string // such as eviction; "" for the resource itself
}

// String is the permission as RBAC words it.
func (p Permission) String() string {
	resource := p.Resource
	if p.Subresource != "" {
		resource += "/" + p.Subresource
	}
	switch {
	case p.Resource == "nodes": // which are in no namespace
		return p.Verb + " " + resource
	case p.Namespace == "":
		return fmt.Sprintf("%s %s in all namespaces", p.Verb, resource)
	}
	return fmt.Sprintf("%s %s in namespace %s", p.Verb, resource, p.Namespace)
}

// MissingPermissionError says which permission the operator lacks.
type MissingPermissionError struct{ Permission }

// Error is the whole sentence.
func (e *MissingPermissionError) Error() string { return "you may not " + e.String() }

// Require asks the server whether the operator has a permission, before work is
// begun that would fail in the middle. The error is a *MissingPermissionError
// if they have not. A server that will not say is not an error.
func (c *Client) Require(ctx context.Context, p Permission) error {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: p.Verb, Resource: p.Resource, Subresource: p.Subresource, Namespace: p.Namespace},
	}}
	answer, err := c.Kube.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil || answer.Status.Allowed || answer.Status.EvaluationError != "" {
		return nil //nolint:nilerr // the request itself will tell
	}
	return &MissingPermissionError{p}
}

// Operator is who the server takes the operator for, or "" if it does not say.
func (c *Client) Operator(ctx context.Context) string {
	review, err := c.Kube.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return ""
	}
	return review.Status.UserInfo.Username
}
