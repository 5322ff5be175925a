package keys_test

import (
	"fmt"

	"github.com/opendsql/opendsql/internal/keys"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// The bytes of the example in docs/formats/rows.md.
func Example() {
	key := keys.AppendKey(nil, sqltypes.Int4OID, sqltypes.Int(300), false)
	columns := []keys.Column{
		{ID: 2, Type: sqltypes.T(sqltypes.TextOID)},
		{ID: 3, Type: sqltypes.Type{OID: sqltypes.NumericOID, Mod: sqltypes.MakeNumericTypmod(12, 2)}},
		{ID: 4, Type: sqltypes.T(sqltypes.BoolOID)},
	}
	row := keys.AppendRow(nil, columns, []sqltypes.Datum{sqltypes.String("Ann"), sqltypes.SmallDecimal(1250, 2), sqltypes.Null})
	fmt.Printf("key % X\nrow % X\n", key, row)
	// Output:
	// key E9 01 2C
	// row 01 02 02 03 03 06 41 6E 6E 02 E2 04
}
