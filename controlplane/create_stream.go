package controlplane

import (
	"context"
	"fmt"
	"strings"
)

// CreateStreamInput is the input of POST /stream/{clusterIdentifier}.
type CreateStreamInput struct {
	ClusterIdentifier string
	TargetDefinition  TargetDefinition
	Ordering          string
	Format            string
	Tags              map[string]string
	ClientToken       *string
}

// TargetDefinition is a union; Kinesis is its only member.
type TargetDefinition struct {
	Kinesis KinesisTarget `json:"kinesis"`
}

// CreateStreamOutput is the output of POST /stream/{clusterIdentifier}.
type CreateStreamOutput struct {
	ClusterIdentifier string       `json:"clusterIdentifier"`
	StreamIdentifier  string       `json:"streamIdentifier"`
	Arn               string       `json:"arn"`
	Status            StreamStatus `json:"status"`
	CreationTime      Timestamp    `json:"creationTime"`
	Ordering          string       `json:"ordering"`
	Format            string       `json:"format"`
}

func parseCreateStream(r *call) (in CreateStreamInput, err error) {
	body := r.members(&err)
	v := &violations{}
	in.ClusterIdentifier = r.labels["clusterIdentifier"]
	v.matches("/clusterIdentifier", in.ClusterIdentifier, clusterIDPattern)
	in.TargetDefinition = readTarget(body, v, r.who)
	in.Ordering = required(body, v, "ordering", "UNORDERED")
	in.Format = required(body, v, "format", "JSON")
	in.Tags = body.textMap("tags")
	checkTags(v, in.Tags)
	in.ClientToken = body.text("clientToken")
	v.clientToken(in.ClientToken)
	if err != nil {
		return in, err
	}
	return in, v.err()
}

// required reads a member that must be one of the values of an enumeration.
func required(o object, v *violations, name string, values ...string) string {
	text := o.text(name)
	path := o.path + "/" + name
	if text == nil {
		v.add(path, "Member must not be null")
		return ""
	}
	for _, value := range values {
		if *text == value {
			return value
		}
	}
	v.add(path, "Member must satisfy enum value set: ["+strings.Join(values, ", ")+"]")
	return ""
}

// readTarget reads and checks the union: exactly one member, whose stream and role
// belong to the caller's account, and whose stream is in the Region of the cluster.
func readTarget(body object, v *violations, who caller) (t TargetDefinition) {
	const path = "/targetDefinition"
	union, ok := body.object("targetDefinition")
	if !ok {
		v.add(path, "Member must not be null")
		return t
	}
	set := 0
	for _, member := range union.members {
		if member != nil {
			set++
		}
	}
	kinesis, ok := union.object("kinesis")
	if !ok || set != 1 {
		v.add(path, "Member must have exactly one of its members set: [kinesis]")
		return t
	}
	streamARN, roleARN := kinesis.text("streamArn"), kinesis.text("roleArn")
	if streamARN == nil {
		v.add(kinesis.path+"/streamArn", "Member must not be null")
	} else {
		before := len(v.fields)
		v.text(kinesis.path+"/streamArn", streamARN, 1, 2048, kinesisARNPattern)
		if f := strings.SplitN(*streamARN, ":", 6); len(v.fields) == before && (f[3] != who.Region || f[4] != who.Account) {
			v.add(kinesis.path+"/streamArn", "Member must be a stream of the cluster's account and Region")
		}
		t.Kinesis.StreamArn = *streamARN
	}
	if roleARN == nil {
		v.add(kinesis.path+"/roleArn", "Member must not be null")
	} else {
		before := len(v.fields)
		v.text(kinesis.path+"/roleArn", roleARN, 20, 2048, roleARNPattern)
		if f := strings.SplitN(*roleARN, ":", 6); len(v.fields) == before && f[4] != who.Account {
			v.add(kinesis.path+"/roleArn", "Member must be a role of the caller's account")
		}
		t.Kinesis.RoleArn = *roleARN
	}
	return t
}

// request is the input without its token.
func (in CreateStreamInput) request() CreateStreamInput {
	in.ClientToken = nil
	in.Tags = emptyAsNil(in.Tags)
	return in
}

// createStream serves POST /stream/{clusterIdentifier}. It only records the wish.
// Every creation rewrites the cluster's record, so that the quota holds and no
// stream is made for a cluster that is being deleted.
func (a *API) createStream(ctx context.Context, who caller, in CreateStreamInput) (*CreateStreamOutput, error) {
	use := tokenUse{operation: "CreateStream", target: in.ClusterIdentifier, token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (w change, out *CreateStreamOutput, err error) {
		c, raw, err := a.owned(ctx, who, in.ClusterIdentifier)
		if err != nil {
			return w, nil, err
		}
		if status := a.shownStatus(c); status != StatusActive {
			return w, nil, invalid(reasonOther, "A stream cannot be created for cluster "+c.ID+" in status "+string(status)+"; it must be "+string(StatusActive)+".")
		}
		have, err := a.streamsOf(ctx, c.ID)
		if err != nil {
			return w, nil, err
		}
		if len(have) >= a.limits.Streams {
			return w, nil, quotaExceeded("You have reached the stream limit.", c.ID, resourceStream, streamQuotaCode)
		}
		s, err := a.newStream(c, in.request())
		if err != nil {
			return w, nil, err
		}
		after := c.copy()
		after.StreamSequence++
		s.Sequence = after.StreamSequence
		w.rewrite(clusterKey(c.ID), raw, encodeRecord(after))
		w.relyOn(s.key(), nil)
		w.put(s.key(), encodeRecord(s))
		w.put(workKey(s.key()), []byte(s.ID))
		return w, &CreateStreamOutput{ClusterIdentifier: s.Cluster, StreamIdentifier: s.ID, Arn: s.arn(), Status: s.Status,
			CreationTime: s.created(), Ordering: s.Ordering, Format: s.RecordFormat}, nil
	})
}

// newStream makes the record of a stream to be.
func (a *API) newStream(c *clusterRecord, in CreateStreamInput) (*streamRecord, error) {
	if err := checkTagCount(len(in.Tags), c.ID); err != nil {
		return nil, err
	}
	id, err := newID(a.random)
	if err != nil {
		return nil, fmt.Errorf("stream of %s: %w", c.ID, err)
	}
	return &streamRecord{
		Format: recordFormat, ID: id, Cluster: c.ID, Account: c.Account, Region: c.Region, CreatedMs: a.now().UnixMilli(),
		Status: StreamCreating, Kinesis: in.TargetDefinition.Kinesis, Ordering: in.Ordering, RecordFormat: in.Format, Tags: in.Tags,
	}, nil
}
