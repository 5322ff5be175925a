package controlplane

import "github.com/opendsql/opendsql/iam"

// policyDocument is a parsed resource policy.
type policyDocument struct {
	statements []policyStatement
}

// policyStatement is one statement, with what a cluster's policy is judged by.
type policyStatement struct{ iam.Statement }

// parsePolicy reads a document and checks its grammar.
func parsePolicy(text string) (p policyDocument, err error) {
	doc, err := iam.ParsePolicy(iam.ResourcePolicy, []byte(text))
	if err != nil {
		return p, err
	}
	for _, s := range doc.Statements {
		p.statements = append(p.statements, policyStatement{s})
	}
	return p, nil
}
