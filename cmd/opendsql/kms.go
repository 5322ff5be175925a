package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/opendsql/opendsql"
	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/internal/keyring"
)

// kmsFlags are where keys are made and looked up.
type kmsFlags struct{ region, account, output string }

// keyRow is a key as the command line shows it.
type keyRow struct {
	KeyID        string     `json:"keyId"`
	Arn          string     `json:"arn"`
	State        string     `json:"keyState"`
	Description  string     `json:"description,omitempty"`
	Aliases      []string   `json:"aliases,omitempty"`
	CreationDate time.Time  `json:"creationDate"`
	DeletionDate *time.Time `json:"deletionDate,omitempty"`
}

func newKMS() *cobra.Command {
	var f kmsFlags
	cmd := &cobra.Command{Use: "kms", Short: "Make, show and change the keys that clusters are encrypted with",
		Long: "The key ring in the data directory stands in for AWS KMS. It is changed in place, whether a server runs or not: a running one takes notice at once.",
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.PersistentFlags().StringVar(&f.region, "region", "", "Region (default: the server's, or "+opendsql.DefaultRegion+")")
	cmd.PersistentFlags().StringVar(&f.account, "account", "", "AWS account (default: the data directory's)")
	cmd.PersistentFlags().StringVarP(&f.output, "output", "o", "table", "table or json")
	cmd.AddCommand(f.create(), f.list(), f.describe(),
		f.change("enable", "Let a key be used again", (*keyring.Ring).Enable),
		f.change("disable", "Let a key not be used: its clusters become inaccessible", (*keyring.Ring).Disable),
		f.scheduleDeletion(),
		f.change("cancel-key-deletion", "Keep a key that is pending deletion, disabled", (*keyring.Ring).CancelDeletion), f.alias())
	return cmd
}

// open opens the data directory's key ring.
func (f *kmsFlags) open(cmd *cobra.Command) (*keyring.Ring, keyring.Scope, error) {
	var scope keyring.Scope
	if f.output != "table" && f.output != "json" {
		return nil, scope, fmt.Errorf("--output: %q is not table or json", f.output)
	}
	dir, err := cmd.Flags().GetString("data-dir")
	if err != nil {
		return nil, scope, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, scope, err
	}
	scope = keyring.Scope{Region: f.region, Account: f.account}
	if scope.Region == "" {
		scope.Region = opendsql.DefaultRegion
		if s, err := opendsql.ReadServer(dir); err == nil {
			scope.Region = s.Region
		}
	}
	if scope.Account == "" {
		scope.Account = opendsql.DefaultAccount
		store, err := iam.LoadStore(filepath.Join(dir, "credentials"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, scope, err
		}
		if err == nil {
			if root, ok := store.Root(); ok {
				scope.Account = root.Account
			}
		}
	}
	ring, err := keyring.Open(filepath.Join(dir, keyring.FileName), time.Now)
	return ring, scope, err
}

func (f *kmsFlags) create() *cobra.Command {
	var description, alias string
	cmd := &cobra.Command{Use: "create-key", Short: "Make a symmetric key", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		ring, scope, err := f.open(cmd)
		if err != nil {
			return err
		}
		k, err := ring.Create(scope, description)
		if err == nil && alias != "" {
			if err = ring.SetAlias(aliasName(alias), k.ID, scope); err == nil {
				k, err = ring.Find(k.ID, scope)
			}
		}
		if err != nil {
			return err
		}
		return f.print(cmd.OutOrStdout(), k)
	}}
	cmd.Flags().StringVar(&description, "description", "", "what the key is for")
	cmd.Flags().StringVar(&alias, "alias", "", "an alias for the key")
	return cmd
}

// aliasName lets users leave out what every alias begins with.
func aliasName(name string) string {
	if strings.HasPrefix(name, "alias/") {
		return name
	}
	return "alias/" + name
}

func (f *kmsFlags) list() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "Show all keys", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		ring, _, err := f.open(cmd)
		if err != nil {
			return err
		}
		keys, err := ring.Keys()
		if err != nil {
			return err
		}
		if f.output == "json" {
			rows := []keyRow{}
			for _, k := range keys {
				rows = append(rows, rowOfKey(k))
			}
			return printJSON(cmd.OutOrStdout(), rows)
		}
		return f.print(cmd.OutOrStdout(), keys...)
	}}
}

func (f *kmsFlags) describe() *cobra.Command {
	return f.change("describe-key", "Show a key", (*keyring.Ring).Find)
}

// change is a command that does something to one key and shows it. Keys are named by id, ARN, alias or alias ARN.
func (f *kmsFlags) change(use, short string, do func(*keyring.Ring, string, keyring.Scope) (keyring.Key, error)) *cobra.Command {
	return &cobra.Command{Use: use + " KEY", Short: short, Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		ring, scope, err := f.open(cmd)
		if err != nil {
			return err
		}
		k, err := do(ring, args[0], scope)
		if err != nil {
			return err
		}
		return f.print(cmd.OutOrStdout(), k)
	}}
}

func (f *kmsFlags) scheduleDeletion() *cobra.Command {
	days := 30
	cmd := f.change("schedule-key-deletion", "Remove a key for good after some days; clusters that still use it are lost then",
		func(r *keyring.Ring, name string, s keyring.Scope) (keyring.Key, error) {
			return r.ScheduleDeletion(name, s, days)
		})
	cmd.Flags().IntVar(&days, "days", days, "how long the deletion can be cancelled, 7 to 30")
	return cmd
}

func (f *kmsFlags) alias() *cobra.Command {
	cmd := &cobra.Command{Use: "alias", Short: "Name keys", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	set := func(cmd *cobra.Command, args []string) error {
		ring, scope, err := f.open(cmd)
		if err != nil {
			return err
		}
		return ring.SetAlias(aliasName(args[0]), args[1], scope)
	}
	cmd.AddCommand(
		&cobra.Command{Use: "set NAME KEY", Aliases: []string{"create", "update"}, Short: "Let a name mean a key", Args: cobra.ExactArgs(2), RunE: set},
		&cobra.Command{Use: "delete NAME", Short: "Remove a name; its key stays", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
			ring, scope, err := f.open(cmd)
			if err != nil {
				return err
			}
			return ring.DeleteAlias(aliasName(args[0]), scope)
		}})
	return cmd
}

func rowOfKey(k keyring.Key) keyRow {
	r := keyRow{KeyID: k.ID, Arn: k.ARN(), State: string(k.State), Description: k.Description, Aliases: k.Aliases, CreationDate: k.Created}
	if !k.DeletionDay.IsZero() {
		r.DeletionDate = &k.DeletionDay
	}
	return r
}

// print shows keys as a table; one alone, when JSON is asked for, as an object.
func (f *kmsFlags) print(out io.Writer, keys ...keyring.Key) error {
	if f.output == "json" {
		return printJSON(out, rowOfKey(keys[0]))
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ARN\tSTATE\tALIASES\tDESCRIPTION")
	for _, k := range keys {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.ARN(), k.State, strings.Join(k.Aliases, " "), k.Description)
	}
	return w.Flush()
}
