package opendsql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/internal/wholefile"
)

// principalsLockFile keeps two commands from changing the registry at the same time.
const principalsLockFile = "iam.lock"

// Principals reads the registry of a data directory, and the account of its root user: the default one before the first start. No server need run.
func Principals(dataDir string) (r *iam.Registry, account string, err error) {
	account = DefaultAccount
	store, err := iam.LoadStore(filepath.Join(dataDir, credentialsFile))
	if err == nil {
		if root, ok := store.Root(); ok {
			account = root.Account
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	r, err = iam.ReadRegistry(filepath.Join(dataDir, iam.RegistryFile))
	return r, account, err
}

// EditPrincipals changes the registry of a data directory, whole or not at all. A server that runs on it knows the change at its next call.
func EditPrincipals(ctx context.Context, dataDir string, edit func(r *iam.Registry, account string) error) error {
	if info, err := os.Stat(dataDir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dataDir)
	}
	lock, err := wholefile.Lock(ctx, filepath.Join(dataDir, principalsLockFile))
	if err != nil {
		return err
	}
	defer lock.Close()
	r, account, err := Principals(dataDir)
	if err != nil {
		return err
	}
	if err := edit(r, account); err != nil {
		return err
	}
	return r.Save(filepath.Join(dataDir, iam.RegistryFile))
}
