package iam

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Event is an API call, for the audit. Its fields have the names that CloudTrail has for the same things.
type Event struct {
	Source    string // host name of the service
	Name      string // operation
	RequestID string
	ReadOnly  bool
	Who       Identity // what could not be proven is empty
	At        time.Time
}

// Fields begin the audit's line of a call: who, what, when, from where. The parameters and what came of it are the service's business.
func (e Event) Fields(r *http.Request) []slog.Attr {
	return append(make([]slog.Attr, 0, 20),
		slog.String("eventVersion", "1.11"), slog.String("eventSource", e.Source), slog.String("eventName", e.Name),
		slog.String("eventTime", e.At.UTC().Format(time.RFC3339)), slog.String("eventType", "AwsApiCall"), slog.String("eventCategory", "Management"),
		slog.Bool("managementEvent", true), slog.Bool("readOnly", e.ReadOnly), slog.String("eventID", uuid.NewString()), slog.String("requestID", e.RequestID),
		slog.String("awsRegion", e.Who.Region), slog.String("recipientAccountId", e.Who.Account), slog.Attr{Key: "userIdentity", Value: userIdentity(e.Who)},
		slog.String("sourceIPAddress", SourceIP(r)), slog.String("userAgent", r.UserAgent()),
	)
}

// userIdentity is who called.
func userIdentity(who Identity) slog.Value {
	kind := "IAMUser"
	switch {
	case who.PrincipalARN == "":
		kind = "Unknown"
	case strings.HasSuffix(who.PrincipalARN, ":root"):
		kind = "Root"
	case strings.Contains(who.PrincipalARN, ":assumed-role/"):
		kind = "AssumedRole"
	}
	return slog.GroupValue(slog.String("type", kind), slog.String("arn", who.PrincipalARN), slog.String("accountId", who.Account), slog.String("accessKeyId", who.AccessKeyID))
}
