package iam

import (
	"net/http"
	"strings"
	"time"
)

// Error types of the API's front door, as clients see them in x-amzn-ErrorType.
const (
	MissingAuthenticationToken = "MissingAuthenticationTokenException"
	IncompleteSignature        = "IncompleteSignatureException"
	UnrecognizedClient         = "UnrecognizedClientException"
	InvalidSignature           = "InvalidSignatureException"
	ExpiredToken               = "ExpiredTokenException"
	MalformedRequest           = "MalformedHttpRequestException"
)

// Error refuses an API request before its content was looked at.
// Type is the exception's name, Status the HTTP code that goes with it.
type Error struct {
	Type    string
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

const (
	signatureMismatchText = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	unrecognizedClientText = "The security token included in the request is invalid."
	expiredTokenText       = "The security token included in the request is expired"
)

func missingAuthentication() *Error {
	return &Error{MissingAuthenticationToken, http.StatusForbidden, "Missing Authentication Token"}
}

func incompleteSignature(message string) *Error {
	return &Error{IncompleteSignature, http.StatusForbidden, message}
}

func invalidSignature(message string) *Error {
	return &Error{InvalidSignature, http.StatusForbidden, message}
}

func unrecognizedClient() *Error {
	return &Error{UnrecognizedClient, http.StatusForbidden, unrecognizedClientText}
}

func expiredToken() *Error {
	return &Error{ExpiredToken, http.StatusForbidden, expiredTokenText}
}

func malformedRequest(message string) *Error {
	return &Error{MalformedRequest, http.StatusBadRequest, message}
}

// missingParts lists, one sentence each, what an Authorization header lacks.
func missingParts(parts []string) *Error {
	return incompleteSignature(strings.Join(parts, " "))
}

// AccessDenied is the one message every refused connection gets; the reason
// travels in the hint.
const AccessDenied = "unable to accept connection, access denied"

// TokenError refuses a connection token. The message is AccessDenied for every
// reason, Hint says which one held, in words that repeat nothing secret.
type TokenError struct {
	Hint string
}

func (e *TokenError) Error() string { return AccessDenied + ": " + e.Hint }

// Message is the primary text for the client.
func (e *TokenError) Message() string { return AccessDenied }

func expiredText(signed, limit, now time.Time) string {
	return "Signature expired: " + signed.Format(timeFormat) + " is now earlier than " +
		limit.Format(timeFormat) + " (" + now.Format(timeFormat) + " - 5 min.)"
}

func notYetText(signed, limit, now time.Time) string {
	return "Signature not yet current: " + signed.Format(timeFormat) + " is still later than " +
		limit.Format(timeFormat) + " (" + now.Format(timeFormat) + " + 5 min.)"
}
