// Package controlplane serves the cluster API and carries out what it promised.
//
// It speaks restJson1 as the AWS SDKs, the CLI and Terraform expect it: routes,
// signatures and permissions (package iam), rates, constraint messages, exceptions by name, pagination,
// idempotency by client token, quotas, CORS.
//
// A handler never touches a data plane. It judges the request against the
// records and, in one atomic and durable write, records the wish together with
// the answer to its client token. The lifecycle loop (Run) reads the wishes and
// makes them so: CREATING is provisioned and becomes ACTIVE, DELETING is retired
// and disappears; streams live the same way beside their cluster and go with it. Every step is idempotent and every state is on record, so a
// crash between any two steps is resumed by the next Run.
//
// Nothing is cached: each answer comes from the records, so several processes
// may serve the same ones. A read costs two Gets, one for the permission; a write one Apply, CreateCluster
// to ACTIVE two Applies and one Provision.
package controlplane
