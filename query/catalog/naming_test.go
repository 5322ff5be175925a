package catalog

import (
	"strings"
	"testing"
)

func TestChosenNames(t *testing.T) {
	s := sampleSnapshot(t)
	long := strings.Repeat("x", 60)
	for _, c := range [][2]string{
		{s.ChooseRelationName("films", "lower", "idx", PublicOID), "films_lower_idx"},
		{s.ChooseRelationName("p", "", "pkey", PublicOID), "p_pkey1"},
		{s.ChooseRelationName("p", "", "pkey", PublicOID, "p_pkey1"), "p_pkey2"},
		{s.ChooseConstraintName("p", "b", "check", PublicOID), "p_b_check1"},
		{ObjectName(long, long, "idx"), strings.Repeat("x", 29) + "_" + strings.Repeat("x", 29) + "_idx"},
		{ObjectName(long, "id", "seq"), strings.Repeat("x", 56) + "_id_seq"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %s, want %s", c[0], c[1])
		}
	}
}
