package controlplane

import "time"

// Limits are the bounds of the API. A zero field means its default.
type Limits struct {
	// SingleRegionClusters per account and Region. Source: service quotas, L-B3A4E51E.
	SingleRegionClusters int
	// MultiRegionClusters per account and Region. Source: service quotas, L-DCF93F11.
	MultiRegionClusters int
	// Streams per cluster. Source: service quotas, "CDC streams per cluster"; not adjustable there.
	Streams int
	// BodyBytes of one request. Ours: the largest legal body, 200 tags and a policy
	// all written as \u escapes, stays below it.
	BodyBytes int64
	// Reads and Changes are the rates of an account's calls in a Region. Unpublished;
	// ours are for calls that run away, not for busy clients.
	Reads, Changes Rate
	// TokenLife is how long a client token is remembered. Unpublished; ours.
	TokenLife time.Duration
	// ProvisionMax is how long after its creation a cluster that cannot be
	// provisioned becomes FAILED.
	ProvisionMax time.Duration
	// Provisioning is how many clusters are provisioned or retired at the same time.
	Provisioning int
}

// Rate is a rate of calls: so many at once, and then so many per second. A negative PerSecond means any.
type Rate struct {
	PerSecond, Burst int
}

const (
	singleRegionQuotaCode = "L-B3A4E51E"
	multiRegionQuotaCode  = "L-DCF93F11"
	// The codes of these quotas are unpublished.
	tagQuotaCode    = "tags-per-resource"
	streamQuotaCode = "streams-per-cluster"
	rateQuotaCode   = "api-request-rate"

	// tagsMax is the documented number of tags on one resource; the request's
	// shape admits tagMapMax.
	tagsMax   = 50
	tagMapMax = 200

	policyCharactersMax = 20480
	listResultsDefault  = 20
	// streamResultsDefault is the model's default of ListStreams.
	streamResultsDefault = 10
	listResultsMax       = 100
	resourceARNMax       = 1011
)

func (l Limits) withDefaults() Limits {
	orDefault(&l.SingleRegionClusters, 20)
	orDefault(&l.MultiRegionClusters, 5)
	orDefault(&l.Streams, 5)
	orDefault(&l.BodyBytes, 1<<20)
	orDefault(&l.Reads.PerSecond, 50_000)
	orDefault(&l.Reads.Burst, max(l.Reads.PerSecond, 1))
	orDefault(&l.Changes.PerSecond, 2_000)
	orDefault(&l.Changes.Burst, max(l.Changes.PerSecond, 1))
	orDefault(&l.TokenLife, 24*time.Hour)
	orDefault(&l.ProvisionMax, 10*time.Minute)
	orDefault(&l.Provisioning, 4)
	return l
}

func orDefault[T ~int | ~int64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
