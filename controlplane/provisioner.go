package controlplane

import (
	"context"
	"time"
)

// ClusterSpec is what a data plane needs to know about its cluster.
type ClusterSpec struct {
	ID        string
	Plane     string // names the data plane that two linked clusters share; empty: the cluster has its own
	Account   string
	Region    string
	Endpoint  string // host name clients connect to
	CreatedAt time.Time
	KmsKeyArn string // of the customer key; empty: the service's own
}

// Provisioner makes and removes a cluster's data plane. (declared here,
// fulfilled in package cluster)
//
// Both methods are idempotent: after a crash the same wish is carried out again.
// An error is retried, later and later; they are called concurrently for
// different clusters, never for the same one. Two linked clusters are provisioned
// and retired each for itself, and are one database.
type Provisioner interface {
	// Provision returns when the cluster accepts connections.
	Provision(ctx context.Context, c ClusterSpec) error
	// Retire returns when nothing is left of the cluster; what it shares with a
	// linked one stays until that is retired too. One that was never provisioned
	// is no error.
	Retire(ctx context.Context, id string) error
}
