package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/opendsql/opendsql"
	"github.com/opendsql/opendsql/iam"
)

// iamFlags are common to the commands that change who may do what.
type iamFlags struct {
	account, output   string
	user, role, group string // whose policy
}

func newIAM() *cobra.Command {
	var f iamFlags
	cmd := &cobra.Command{
		Use: "iam", Short: "Declare users, roles and policies in the data directory's " + iam.RegistryFile, Args: cobra.NoArgs,
		Long: "Users, groups, roles and policies are declared in " + iam.RegistryFile + ", in the data directory. These commands change the file;\n" +
			"it can be edited by hand as well. A server that runs knows a change at once, and none need run.",
		Example: `  opendsql iam create-user alice
  opendsql iam put-policy connect '{"Statement":{"Effect":"Allow","Action":"dsql:DbConnect","Resource":"*"}}' --user alice
  opendsql iam create-access-key alice`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&f.account, "account", "", "AWS account (default: the root user's)")
	cmd.PersistentFlags().StringVarP(&f.output, "output", "o", "table", "table or json")
	cmd.AddCommand(f.list(), f.createUser(), f.deleteUser(), f.createRole(), f.deleteRole(), f.createGroup(), f.deleteGroup(), f.member("add-user-to-group", true),
		f.member("remove-user-from-group", false), f.createKey(), f.updateKey(), f.deleteKey(), f.putPolicy(), f.getPolicy(), f.deletePolicy(),
		f.attach("attach-policy", true), f.attach("detach-policy", false))
	return cmd
}

// edit changes the account's declarations.
func (f *iamFlags) edit(cmd *cobra.Command, change func(a *iam.Account, number string) error) error {
	dir, err := cmd.Flags().GetString("data-dir")
	if err != nil {
		return err
	}
	return opendsql.EditPrincipals(cmd.Context(), dir, func(r *iam.Registry, number string) error {
		if f.account != "" {
			number = f.account
		}
		return change(r.Account(number), number)
	})
}

// command makes a command that changes the account.
func (f *iamFlags) command(use, short string, args int, change func(cmd *cobra.Command, a *iam.Account, number string, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(args), RunE: func(cmd *cobra.Command, args []string) error {
		return f.edit(cmd, func(a *iam.Account, number string) error { return change(cmd, a, number, args) })
	}}
}

var errExists = errors.New("it exists already")

func absent(kind, name string) error { return fmt.Errorf("there is no %s %q", kind, name) }

func (f *iamFlags) createUser() *cobra.Command {
	var u iam.User
	cmd := f.command("create-user NAME", "Declare a user", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		if _, ok := a.Users[args[0]]; ok {
			return fmt.Errorf("user %s: %w", args[0], errExists)
		}
		a.Users[args[0]] = &u
		return nil
	})
	cmd.Flags().StringVar(&u.Path, "path", "", "path in the ARN, as /a/b/")
	cmd.Flags().StringToStringVar(&u.Tags, "tag", nil, "tags, as key=value")
	cmd.Flags().StringSliceVar(&u.Groups, "group", nil, "groups")
	cmd.Flags().StringSliceVar(&u.Attached, "attach", nil, "managed policies, by name or ARN")
	cmd.Flags().StringVar(&u.Boundary, "boundary", "", "managed policy that is the permissions boundary")
	return cmd
}

func (f *iamFlags) deleteUser() *cobra.Command {
	return f.command("delete-user NAME", "Remove a user with its keys and policies", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		if _, ok := a.Users[args[0]]; !ok {
			return absent("user", args[0])
		}
		delete(a.Users, args[0])
		return nil
	})
}

func (f *iamFlags) createRole() *cobra.Command {
	var r iam.Role
	var trust string
	cmd := f.command("create-role NAME", "Declare a role", 1, func(cmd *cobra.Command, a *iam.Account, number string, args []string) error {
		if _, ok := a.Roles[args[0]]; ok {
			return fmt.Errorf("role %s: %w", args[0], errExists)
		}
		text := trust
		if text == "" {
			text = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + number + `"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}}`
		}
		var err error
		r.Trust, err = readDocument(cmd, iam.TrustPolicy, text)
		a.Roles[args[0]] = &r
		return err
	})
	cmd.Flags().StringVar(&trust, "trust", "", "trust policy: JSON, @FILE, or - for standard input (default: the account's principals)")
	cmd.Flags().StringVar(&r.Path, "path", "", "path in the ARN, as /a/b/")
	cmd.Flags().StringToStringVar(&r.Tags, "tag", nil, "tags, as key=value")
	cmd.Flags().StringSliceVar(&r.Attached, "attach", nil, "managed policies, by name or ARN")
	cmd.Flags().StringVar(&r.Boundary, "boundary", "", "managed policy that is the permissions boundary")
	cmd.Flags().IntVar(&r.MaxSessionSeconds, "max-session-seconds", 0, "longest session, 3600 to 43200 (default 3600)")
	return cmd
}

func (f *iamFlags) deleteRole() *cobra.Command {
	return f.command("delete-role NAME", "Remove a role; its sessions end", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		if _, ok := a.Roles[args[0]]; !ok {
			return absent("role", args[0])
		}
		delete(a.Roles, args[0])
		return nil
	})
}

func (f *iamFlags) createGroup() *cobra.Command {
	return f.command("create-group NAME", "Declare a group", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		if _, ok := a.Groups[args[0]]; ok {
			return fmt.Errorf("group %s: %w", args[0], errExists)
		}
		a.Groups[args[0]] = &iam.Group{}
		return nil
	})
}

func (f *iamFlags) deleteGroup() *cobra.Command {
	return f.command("delete-group NAME", "Remove a group without users", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		if _, ok := a.Groups[args[0]]; !ok {
			return absent("group", args[0])
		}
		delete(a.Groups, args[0]) // a user that is in it makes the whole change refused
		return nil
	})
}

func (f *iamFlags) member(name string, in bool) *cobra.Command {
	return f.command(name+" USER GROUP", "Change a group's users", 2, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		u := a.Users[args[0]]
		if u == nil {
			return absent("user", args[0])
		}
		u.Groups = slices.DeleteFunc(u.Groups, func(g string) bool { return g == args[1] })
		if in {
			u.Groups = append(u.Groups, args[1])
		}
		return nil
	})
}

func (f *iamFlags) createKey() *cobra.Command {
	return &cobra.Command{Use: "create-access-key USER", Short: "Make a key pair; its secret is shown once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k := iam.NewAccessKey()
			err := f.edit(cmd, func(a *iam.Account, _ string) error {
				u := a.Users[args[0]]
				if u == nil {
					return absent("user", args[0])
				}
				u.AccessKeys = append(u.AccessKeys, k)
				return nil
			})
			if err != nil {
				return err
			}
			return f.printKey(cmd.OutOrStdout(), args[0], k)
		}}
}

// printKey shows a key pair: as a profile of an AWS credentials file, or as the AWS CLI does.
func (f *iamFlags) printKey(out io.Writer, user string, k iam.AccessKey) error {
	if f.output == "json" {
		return printJSON(out, map[string]any{"AccessKey": map[string]string{
			"UserName": user, "AccessKeyId": k.ID, "SecretAccessKey": k.Secret, "Status": iam.KeyActive,
		}})
	}
	_, err := fmt.Fprintf(out, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", user, k.ID, k.Secret)
	return err
}

// withKey finds the list that an access key is in, and where.
func withKey(a *iam.Account, id string, change func(keys []iam.AccessKey, at int) []iam.AccessKey) error {
	at := func(keys []iam.AccessKey) int {
		return slices.IndexFunc(keys, func(k iam.AccessKey) bool { return k.ID == id })
	}
	if i := at(a.AccessKeys); i >= 0 {
		a.AccessKeys = change(a.AccessKeys, i)
		return nil
	}
	for _, u := range a.Users {
		if u == nil {
			continue
		}
		if i := at(u.AccessKeys); i >= 0 {
			u.AccessKeys = change(u.AccessKeys, i)
			return nil
		}
	}
	return absent("access key", id)
}

func (f *iamFlags) updateKey() *cobra.Command {
	var status string
	cmd := f.command("update-access-key ID", "Switch a key pair on or off", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		return withKey(a, args[0], func(keys []iam.AccessKey, at int) []iam.AccessKey {
			keys[at].Status = status
			return keys
		})
	})
	cmd.Flags().StringVar(&status, "status", iam.KeyActive, iam.KeyActive+" or "+iam.KeyInactive)
	return cmd
}

func (f *iamFlags) deleteKey() *cobra.Command {
	return f.command("delete-access-key ID", "Remove a key pair", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		return withKey(a, args[0], func(keys []iam.AccessKey, at int) []iam.AccessKey { return slices.Delete(keys, at, at+1) })
	})
}

func (f *iamFlags) list() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "Show who is declared", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		dir, err := cmd.Flags().GetString("data-dir")
		if err != nil {
			return err
		}
		r, _, err := opendsql.Principals(dir)
		if err == nil {
			err = r.Check()
		}
		if err != nil {
			return err
		}
		if f.output == "json" {
			return printJSON(cmd.OutOrStdout(), r.WithoutSecrets())
		}
		return printRegistry(cmd.OutOrStdout(), r, f.account)
	}}
}

func printRegistry(out io.Writer, r *iam.Registry, account string) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ACCOUNT\tKIND\tNAME\tPOLICIES\tKEYS")
	for _, number := range slices.Sorted(maps.Keys(r.Accounts)) {
		if account != "" && number != account {
			continue
		}
		a := r.Account(number)
		line := func(kind, name string, g iam.Grants, keys []iam.AccessKey) {
			policies := append(slices.Sorted(maps.Keys(g.Policies)), g.Attached...)
			var ids []string
			for _, k := range keys {
				ids = append(ids, k.ID)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", number, kind, name, strings.Join(policies, " "), strings.Join(ids, " "))
		}
		if len(a.AccessKeys) > 0 {
			line("root", "root", iam.Grants{}, a.AccessKeys)
		}
		for _, name := range slices.Sorted(maps.Keys(a.Users)) {
			line("user", name, a.Users[name].Grants, a.Users[name].AccessKeys)
		}
		for _, name := range slices.Sorted(maps.Keys(a.Groups)) {
			line("group", name, a.Groups[name].Grants, nil)
		}
		for _, name := range slices.Sorted(maps.Keys(a.Roles)) {
			line("role", name, a.Roles[name].Grants, nil)
		}
		for _, name := range slices.Sorted(maps.Keys(a.Policies)) {
			line("policy", name, iam.Grants{}, nil)
		}
	}
	return w.Flush()
}

// readDocument reads a policy: JSON, @FILE, or - for standard input.
func readDocument(cmd *cobra.Command, kind iam.PolicyKind, text string) ([]byte, error) {
	if path, ok := strings.CutPrefix(text, "@"); ok {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		text = string(content)
	} else if text == "-" {
		content, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 1<<20))
		if err != nil {
			return nil, err
		}
		text = string(content)
	}
	if _, err := iam.ParsePolicy(kind, []byte(text)); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return []byte(text), nil
}
