package controlplane

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/iam"
)

// hidden stands for a value that is the caller's business, as CloudTrail writes it.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// recorded are the parameters that an audit line shows, of bodies and, by their
// own names, of queries. Anything else a client sends stays out of it.
var recorded = []string{
	"deletionProtectionEnabled", "kmsEncryptionKey", "multiRegionProperties", "policy", "bypassPolicyLockoutSafetyCheck",
	"expectedPolicyVersion", "targetDefinition", "ordering", "format", "tags", "clientToken",
}

// recordedQuery are the query's names of parameters.
var recordedQuery = map[string]string{
	"client-token": "clientToken", "expected-policy-version": "expectedPolicyVersion",
	"max-results": "maxResults", "next-token": "nextToken", "tagKeys": "tagKeys",
}

// audit writes one line per call, with the names CloudTrail has for the same
// things: who, what, with which parameters, and what came of it. Values of tags,
// client tokens and page tokens are hidden; signatures and secrets are never near it.
func (a *API) audit(r *http.Request, c *call, out any, e *Error) {
	if !a.log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	event := iam.Event{Source: serviceName, Name: c.op.name, RequestID: c.id, ReadOnly: c.op.readOnly, Who: c.who, At: a.now()}
	fields := append(event.Fields(r), slog.Any("requestParameters", asJSON{c.parameters()}))
	if out != nil && !c.op.readOnly {
		fields = append(fields, slog.Any("responseElements", asJSON{out}))
	}
	if arn := c.resourceARN(); arn != "" {
		fields = append(fields, slog.Any("resources", asJSON{[]auditedResource{{c.who.Account, "AWS::DSQL::Cluster", arn}}}))
	}
	if e != nil {
		fields = append(fields, slog.String("errorCode", e.Type), slog.String("errorMessage", e.Message))
	}
	a.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "API call", fields...)
}

// asJSON is a value that reads the same in a log of lines of text as in one of JSON.
type asJSON struct{ value any }

// MarshalJSON writes the value as answers are written.
func (j asJSON) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(j.value)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// MarshalText is for text.
func (j asJSON) MarshalText() ([]byte, error) { return j.MarshalJSON() }

// auditedResource is one of the resources a call was about.
type auditedResource struct {
	AccountID string `json:"accountId"`
	Type      string `json:"type"`
	ARN       string `json:"ARN"`
}

// parameters are what the caller asked for, nil when nothing of it was understood.
func (c *call) parameters() map[string]any {
	if c.who.Account == "" {
		return nil
	}
	p := make(map[string]any, len(c.labels)+len(c.query)+len(c.parsed))
	for name, value := range c.labels {
		p[name] = value
	}
	for name, values := range c.query {
		switch as := recordedQuery[name]; as {
		case "":
		case "clientToken", "nextToken":
			p[as] = hidden
		case "tagKeys":
			p[as] = values
		default:
			p[as] = strings.Join(values, ",")
		}
	}
	for name, value := range c.parsed {
		if value == nil || !slices.Contains(recorded, name) {
			continue
		}
		switch name {
		case "clientToken":
			value = hidden
		case "tags":
			value = hiddenValues(value)
		}
		p[name] = value
	}
	return p
}

// hiddenValues is a map of tags with its keys alone.
func hiddenValues(tags any) any {
	m, ok := tags.(map[string]any)
	if !ok {
		return hidden
	}
	keys := make(map[string]any, len(m))
	for key := range m {
		keys[key] = hidden
	}
	return keys
}

// resourceARN is the ARN the call's path names, "" when it names none.
func (c *call) resourceARN() string {
	if arn := c.labels["resourceArn"]; arn != "" {
		return arn
	}
	id := c.labels["identifier"] + c.labels["clusterIdentifier"] // no path has both
	if id == "" || c.who.Account == "" {
		return ""
	}
	arn := clusterARN(c.who.Region, c.who.Account, id)
	if stream := c.labels["streamIdentifier"]; stream != "" {
		arn += "/stream/" + stream
	}
	return arn
}
