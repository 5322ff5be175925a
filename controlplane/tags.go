package controlplane

import (
	"maps"
	"slices"
	"strings"
)

// checkTags checks the shape of a tag map, in the order of its keys.
func checkTags(v *violations, tags map[string]string) {
	v.length("/tags", len(tags), 0, tagMapMax)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		v.text("/tags", &key, 1, 128, tagPattern)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			v.add("/tags", "Member must not start with the reserved prefix aws:")
		}
		value := tags[key]
		v.text("/tags/"+key, &value, 0, 256, tagPattern)
	}
}

// checkTagCount applies the quota of one resource.
func checkTagCount(n int, resourceID string) error {
	if n > tagsMax {
		return quotaExceeded("You have reached the tag limit.", resourceID, "tag", tagQuotaCode)
	}
	return nil
}
