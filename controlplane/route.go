package controlplane

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// operation is one operation of the service model and how it is served.
type operation struct {
	name     string // as the model and CloudTrail have it
	method   string
	path     string // segments; {x} takes one, {x+} all that follow
	readOnly bool
	// parse reads and checks the input. What it returns knows the permissions of the call, and serves it.
	parse func(r *call) (served, error)
}

// operations is the service model, every operation of it.
func operations() []operation {
	return []operation{
		operationOf("CreateCluster", "POST", "/cluster", parseCreateCluster, (*API).createCluster),
		operationOf("GetCluster", "GET", "/cluster/{identifier}", parseGetCluster, (*API).getCluster),
		operationOf("UpdateCluster", "POST", "/cluster/{identifier}", parseUpdateCluster, (*API).updateCluster),
		operationOf("DeleteCluster", "DELETE", "/cluster/{identifier}", parseDeleteCluster, (*API).deleteCluster),
		operationOf("ListClusters", "GET", "/cluster", parseListClusters, (*API).listClusters),
		operationOf("GetVpcEndpointServiceName", "GET", "/clusters/{identifier}/vpc-endpoint-service-name",
			parseGetVpcEndpointServiceName, (*API).getVpcEndpointServiceName),
		operationOf("PutClusterPolicy", "POST", "/cluster/{identifier}/policy", parsePutClusterPolicy, (*API).putClusterPolicy),
		operationOf("GetClusterPolicy", "GET", "/cluster/{identifier}/policy", parseGetClusterPolicy, (*API).getClusterPolicy),
		operationOf("DeleteClusterPolicy", "DELETE", "/cluster/{identifier}/policy", parseDeleteClusterPolicy, (*API).deleteClusterPolicy),
		operationOf("TagResource", "POST", "/tags/{resourceArn+}", parseTagResource, (*API).tagResource),
		operationOf("UntagResource", "DELETE", "/tags/{resourceArn+}", parseUntagResource, (*API).untagResource),
		operationOf("ListTagsForResource", "GET", "/tags/{resourceArn+}", parseListTagsForResource, (*API).listTagsForResource),
		operationOf("CreateStream", "POST", "/stream/{clusterIdentifier}", parseCreateStream, (*API).createStream),
		operationOf("GetStream", "GET", "/stream/{clusterIdentifier}/{streamIdentifier}", parseGetStream, (*API).getStream),
		operationOf("DeleteStream", "DELETE", "/stream/{clusterIdentifier}/{streamIdentifier}", parseDeleteStream, (*API).deleteStream),
		operationOf("ListStreams", "GET", "/stream/{clusterIdentifier}", parseListStreams, (*API).listStreams),
	}
}

// served is a call that can be carried out.
type served struct {
	needs func(ctx context.Context, a *API) ([]need, error)
	serve func(ctx context.Context, a *API) (any, error)
}

// operationOf ties an operation's parser to its permissions and its handler.
func operationOf[In input, Out any](name, method, path string, parse func(*call) (In, error), handle func(*API, context.Context, caller, In) (*Out, error)) operation {
	return operation{name: name, method: method, path: path, readOnly: method == "GET",
		parse: func(r *call) (served, error) {
			in, err := parse(r)
			if err != nil {
				return served{}, err
			}
			return served{
				needs: func(ctx context.Context, a *API) ([]need, error) { return in.needs(ctx, a, r.who) },
				serve: func(ctx context.Context, a *API) (any, error) { return handle(a, ctx, r.who, in) },
			}, nil
		}}
}

// route finds the operation for a method and a raw path. The path is split
// before it is decoded, and each label is decoded once: an encoded slash belongs
// to its label. An empty label matches nothing.
func route(all []operation, method, rawPath string) (operation, map[string]string, bool) {
	for _, o := range all {
		if o.method != method {
			continue
		}
		if labels, ok := match(o.path, rawPath); ok {
			return o, labels, true
		}
	}
	return operation{}, nil, false
}

// methods lists the methods a raw path can be called with.
func methods(all []operation, rawPath string) []string {
	var found []string
	for _, o := range all {
		if _, ok := match(o.path, rawPath); ok && !slices.Contains(found, o.method) {
			found = append(found, o.method)
		}
	}
	return found
}

// match fits a raw path to a pattern and decodes its labels.
func match(path, rawPath string) (labels map[string]string, ok bool) {
	want, got := strings.Split(path, "/"), strings.Split(rawPath, "/")
	labels = map[string]string{}
	for i, w := range want {
		if i >= len(got) {
			return nil, false
		}
		name, label := strings.CutPrefix(w, "{")
		if !label {
			if w != got[i] {
				return nil, false
			}
			continue
		}
		raw := got[i]
		name, greedy := strings.CutSuffix(strings.TrimSuffix(name, "}"), "+")
		if greedy {
			raw = strings.Join(got[i:], "/")
			got = got[:i+1]
		}
		value, err := url.PathUnescape(raw)
		if err != nil || value == "" {
			return nil, false
		}
		labels[name] = value
	}
	return labels, len(got) == len(want)
}

// preflight answers a browser's question whether it may call. It needs no
// signature; the call it asks about does.
func preflight(w http.ResponseWriter, allowed []string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", strings.Join(allowed, ","))
	h.Set("Access-Control-Allow-Headers", "Authorization,Content-Type,X-Amz-Date,X-Amz-Security-Token,X-Amz-User-Agent,X-Amz-Content-Sha256,Amz-Sdk-Invocation-Id,Amz-Sdk-Request")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusOK)
}
