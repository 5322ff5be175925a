package controlplane

import (
	"context"
	"errors"
	"net/http"

	"github.com/opendsql/opendsql/iam"
)

// Error is an exception of the service model, or of the front door before it.
// Empty members are left out of the answer.
type Error struct {
	Type    string `json:"-"`
	Status  int    `json:"-"`
	Message string `json:"message"`

	Reason       string  `json:"reason,omitempty"`
	FieldList    []Field `json:"fieldList,omitempty"`
	ResourceID   string  `json:"resourceId,omitempty"`
	ResourceType string  `json:"resourceType,omitempty"`
	ServiceCode  string  `json:"serviceCode,omitempty"`
	QuotaCode    string  `json:"quotaCode,omitempty"`

	// RetryAfterSeconds travels as the header Retry-After.
	RetryAfterSeconds int `json:"-"`

	cause error // of an internal error; logged, never sent
}

// Field says which member of the input was refused, and why.
type Field struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

func (e *Error) Unwrap() error { return e.cause }

// Reasons of a ValidationException.
const (
	reasonUnknownOperation   = "unknownOperation"
	reasonCannotParse        = "cannotParse"
	reasonFieldValidation    = "fieldValidationFailed"
	reasonDeletionProtection = "deletionProtectionEnabled"
	reasonOther              = "other"
)

// Resource types; the model leaves their names open.
const (
	resourceCluster = "cluster"
	resourceStream  = "stream"
	resourcePolicy  = "clusterPolicy"
)

func invalid(reason, message string) *Error {
	return &Error{Type: "ValidationException", Status: http.StatusBadRequest, Message: message, Reason: reason}
}

func cannotParse(message string) *Error { return invalid(reasonCannotParse, message) }

func clusterNotFound(id string) *Error {
	return &Error{
		Type: "ResourceNotFoundException", Status: http.StatusNotFound, Message: "Cluster " + id + " was not found.",
		ResourceID: id, ResourceType: resourceCluster,
	}
}

func streamNotFound(id string) *Error {
	return &Error{
		Type: "ResourceNotFoundException", Status: http.StatusNotFound, Message: "Stream " + id + " was not found.",
		ResourceID: id, ResourceType: resourceStream,
	}
}

// policyNotFound answers for a cluster that has no policy.
func policyNotFound(cluster string) *Error {
	return &Error{
		Type: "ResourceNotFoundException", Status: http.StatusNotFound, Message: "Cluster " + cluster + " has no policy.",
		ResourceID: cluster, ResourceType: resourcePolicy,
	}
}

func conflict(id, message string) *Error {
	e := &Error{Type: "ConflictException", Status: http.StatusConflict, Message: message}
	if id != "" {
		e.ResourceID, e.ResourceType = id, resourceCluster
	}
	return e
}

// accessDenied is the answer to a caller who is proven and not allowed.
func accessDenied(message string) *Error {
	return &Error{Type: "AccessDeniedException", Status: http.StatusForbidden, Message: message}
}

// quotaExceeded has all five members the model requires.
func quotaExceeded(message, resourceID, resourceType, quotaCode string) *Error {
	return &Error{
		Type: "ServiceQuotaExceededException", Status: http.StatusPaymentRequired, Message: message,
		ResourceID: resourceID, ResourceType: resourceType, ServiceCode: iam.Service, QuotaCode: quotaCode,
	}
}

// throttled asks the client to come again.
func throttled(message string) *Error {
	return &Error{Type: "ThrottlingException", Status: http.StatusTooManyRequests, Message: message, ServiceCode: iam.Service, RetryAfterSeconds: 1}
}

func internal(cause error) *Error {
	return &Error{
		Type: "InternalServerException", Status: http.StatusInternalServerError,
		Message: "The request could not be processed because of an internal error.", RetryAfterSeconds: 1, cause: cause,
	}
}

func unknownOperation() *Error {
	return &Error{Type: "UnknownOperationException", Status: http.StatusNotFound, Message: "The requested operation does not exist."}
}

func bodyTooLarge() *Error {
	return &Error{Type: "RequestEntityTooLargeException", Status: http.StatusRequestEntityTooLarge, Message: "The request body is too large."}
}

func requestAborted(cause error) *Error {
	return &Error{Type: "RequestAbortedException", Status: http.StatusBadRequest, Message: "The client ended the request before it was answered.", cause: cause}
}

// asError is the one translation of everything a handler may return into an
// answer. What is not an exception by now is an internal error.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var refused *iam.Error
	if errors.As(err, &refused) {
		return &Error{Type: refused.Type, Status: refused.Status, Message: refused.Message}
	}
	if errors.Is(err, context.Canceled) {
		return requestAborted(err)
	}
	return internal(err)
}
