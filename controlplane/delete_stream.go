package controlplane

import "context"

// DeleteStreamInput is the input of DELETE /stream/{clusterIdentifier}/{streamIdentifier}.
type DeleteStreamInput struct {
	ClusterIdentifier string
	StreamIdentifier  string
	ClientToken       *string
}

// DeleteStreamOutput is its output.
type DeleteStreamOutput struct {
	ClusterIdentifier string       `json:"clusterIdentifier"`
	StreamIdentifier  string       `json:"streamIdentifier"`
	Arn               string       `json:"arn"`
	Status            StreamStatus `json:"status"`
	CreationTime      Timestamp    `json:"creationTime"`
}

func parseDeleteStream(r *call) (in DeleteStreamInput, err error) {
	in = DeleteStreamInput{ClusterIdentifier: r.labels["clusterIdentifier"], StreamIdentifier: r.labels["streamIdentifier"], ClientToken: r.parameter("client-token", &err)}
	if err != nil {
		return in, err
	}
	v := &violations{}
	v.matches("/clusterIdentifier", in.ClusterIdentifier, clusterIDPattern)
	v.matches("/streamIdentifier", in.StreamIdentifier, clusterIDPattern)
	v.clientToken(in.ClientToken)
	return in, v.err()
}

// request is the input without its token.
func (in DeleteStreamInput) request() DeleteStreamInput {
	in.ClientToken = nil
	return in
}

// deleteStream serves DELETE /stream/{clusterIdentifier}/{streamIdentifier}, in
// every status. It only records the wish; deleting what is being deleted succeeds again.
func (a *API) deleteStream(ctx context.Context, who caller, in DeleteStreamInput) (*DeleteStreamOutput, error) {
	use := tokenUse{operation: "DeleteStream", target: in.ClusterIdentifier + "." + in.StreamIdentifier, token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (w change, out *DeleteStreamOutput, err error) {
		s, raw, err := a.ownedStream(ctx, who, in.ClusterIdentifier, in.StreamIdentifier)
		if err != nil {
			return w, nil, err
		}
		w.relyOn(s.key(), raw)
		if s.Status != StreamDeleting {
			deleting := *s
			deleting.Status, deleting.Failure = StreamDeleting, nil
			w.put(s.key(), encodeRecord(deleting))
			w.put(workKey(s.key()), []byte(s.ID))
		}
		return w, &DeleteStreamOutput{ClusterIdentifier: s.Cluster, StreamIdentifier: s.ID, Arn: s.arn(), Status: StreamDeleting, CreationTime: s.created()}, nil
	})
}
