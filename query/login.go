package query

import (
	"context"

	"github.com/opendsql/opendsql/query/catalog"
)

// Catalog is the newest catalog, for those who decide about logins.
func (d *Database) Catalog(ctx context.Context) (*catalog.Snapshot, error) {
	t, err := d.DB.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Rollback()
	return d.catalog(ctx, t)
}
