package controlplane

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"

	"github.com/google/uuid"

	"github.com/opendsql/opendsql/iam"
)

// caller is who calls, proven.
type caller = iam.Identity

// call is one request on its way through the checks.
type call struct {
	id     string // request id
	op     operation
	labels map[string]string
	who    caller
	query  url.Values
	body   []byte
	parsed map[string]any // of the body, for the audit
	header http.Header
}

// ServeHTTP serves one call. The order of checks is: route, authentication, rate, parse,
// request validation, authorization, existence, state; a caller learns of each only what the
// checks before it allow.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{id: uuid.NewString(), header: r.Header}
	h := w.Header()
	h.Set("X-Amzn-RequestId", c.id)
	h.Set("Date", a.now().UTC().Format(http.TimeFormat))
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodOptions {
		if allowed := methods(a.operations, iam.RawPath(r)); allowed != nil {
			preflight(w, allowed)
			return
		}
	}
	h.Set("Access-Control-Expose-Headers", "X-Amzn-RequestId,X-Amzn-ErrorType,Date,Retry-After")
	out, err := a.answer(w, r, c)
	if err != nil {
		a.refuse(w, r, c, asError(err))
		return
	}
	a.audit(r, c, out, nil)
	a.send(w, http.StatusOK, out)
}

// answer does the call; a panic in it costs this call only.
func (a *API) answer(w http.ResponseWriter, r *http.Request, c *call) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = internal(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	var ok bool
	if c.op, c.labels, ok = route(a.operations, r.Method, iam.RawPath(r)); !ok {
		return nil, unknownOperation()
	}
	if c.body, err = a.readBody(w, r); err != nil {
		return nil, err
	}
	c.who, err = iam.VerifyRequest(r, c.body, iam.RequestExpectation{Regions: a.regions}, a.credentials, a.now())
	if err != nil {
		return nil, err
	}
	if err := a.throttle.admit(c.who, c.op.readOnly, a.now(), a.limits); err != nil {
		return nil, err
	}
	return a.perform(r, c)
}

// perform does an authenticated call.
func (a *API) perform(r *http.Request, c *call) (any, error) {
	var err error
	if c.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return nil, cannotParse("The query string cannot be parsed.")
	}
	asked, err := c.op.parse(c)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	needs, err := asked.needs(ctx, a)
	if err != nil {
		return nil, err
	}
	around := circumstances(r, c.who, a.now())
	if err := a.authorize(ctx, c.who, around, needs); err != nil {
		return nil, err
	}
	return asked.serve(context.WithValue(ctx, circumstancesKey{}, around), a)
}

// readBody reads the whole body, within the limit.
func (a *API) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > a.limits.BodyBytes {
		w.Header().Set("Connection", "close")
		return nil, bodyTooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.limits.BodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, bodyTooLarge()
	case err != nil:
		return nil, requestAborted(err)
	}
	return body, nil
}

// members reads the body as a JSON object. What is wrong with it is found in *err.
func (c *call) members(err *error) object {
	if t := c.header.Get("Content-Type"); t != "" && len(c.body) > 0 {
		if media, _, parseErr := mime.ParseMediaType(t); parseErr != nil || media != "application/json" {
			*err = cannotParse("The Content-Type of the request body must be application/json.")
			return object{err: err}
		}
	}
	o := parseBody(c.body, err)
	c.parsed = o.members
	return o
}

// parameter reads an optional query parameter; a second one of its name is refused.
func (c *call) parameter(name string, err *error) *string {
	switch values := c.query[name]; len(values) {
	case 0:
		return nil
	case 1:
		return &values[0]
	}
	*err = cannotParse("The query parameter '" + name + "' appears more than once.")
	return nil
}

// number reads an optional query parameter that is an integer.
func (c *call) number(name string, err *error) *int {
	text := c.parameter(name, err)
	if text == nil {
		return nil
	}
	n, parseErr := strconv.ParseInt(*text, 10, 32)
	if parseErr != nil {
		*err = cannotParse("The query parameter '" + name + "' is not an integer.")
		return nil
	}
	v := int(n)
	return &v
}

// send writes a JSON answer.
func (a *API) send(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("controlplane: encode %T: %v", v, err))
	}
	body := bytes.TrimRight(b.Bytes(), "\n")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		a.log.Debug("the client went away before its answer", "error", err)
	}
}

// refuse answers with an exception.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, c *call, e *Error) {
	a.audit(r, c, nil, e)
	if e.Status >= http.StatusInternalServerError {
		a.log.Error("an API call failed inside", "request_id", c.id, "operation", c.op.name, "error", e.cause)
	}
	w.Header().Set("X-Amzn-ErrorType", e.Type)
	if e.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfterSeconds))
	}
	a.send(w, e.Status, e)
}
