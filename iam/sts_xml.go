package iam

import "encoding/xml"

// stsResponse is an answer of the query protocol: <XResponse><XResult>…</XResult><ResponseMetadata/></XResponse>.
type stsResponse struct {
	XMLName   xml.Name
	Namespace string `xml:"xmlns,attr"`
	Result    any
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

type stsFailure struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

type callerIdentity struct {
	XMLName xml.Name
	Arn     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

type assumed struct {
	XMLName        xml.Name
	User           assumedUser        `xml:"AssumedRoleUser"`
	Credentials    sessionCredentials `xml:"Credentials"`
	SourceIdentity string             `xml:"SourceIdentity,omitempty"`
}

type assumedUser struct {
	ID  string `xml:"AssumedRoleId"`
	Arn string `xml:"Arn"`
}

type sessionCredentials struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string `xml:"SecretAccessKey"`
	SessionToken    string `xml:"SessionToken"`
	Expiration      string `xml:"Expiration"`
}
