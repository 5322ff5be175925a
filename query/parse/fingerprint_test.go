package parse

import "testing"

// Statements of one group have the same fingerprint, those of different groups have different ones.
func TestFingerprint(t *testing.T) {
	groups := [][]string{
		{"SELECT * FROM t WHERE a = 1", "select  * from T where a = 2", "SELECT * FROM t -- all\n WHERE a = $1;", "SELECT * FROM t WHERE a = 'x'",
			"SELECT * FROM t WHERE a = -1", "SELECT * FROM \"t\" WHERE a = 1.5e3", "SELECT * FROM t WHERE a = U&'x'"},
		{"SELECT * FROM u WHERE a = 1"},
		{"SELECT * FROM \"T\" WHERE a = 1"},
		{"SELECT * FROM t WHERE b = 1"},
		{"SELECT a - 1", "SELECT a - 2"},
		{"SELECT -a"},
		{"SELECT a", "SELECT a;"},
		{"SELECT 1", "SELECT -2"},
		{"SELECT 1, 2"},
	}
	of := map[uint64]int{}
	for i, group := range groups {
		for _, sql := range group {
			f := Fingerprint(sql)
			if j, seen := of[f]; seen && j != i {
				t.Errorf("%q has the fingerprint of %q", sql, groups[j][0])
			}
			of[f] = i
			if first := Fingerprint(group[0]); f != first {
				t.Errorf("%q and %q differ", sql, group[0])
			}
		}
	}
}
