package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/opendsql/opendsql"
	"github.com/opendsql/opendsql/iam"
)

// whose adds the flags that say whose policy is meant.
func (f *iamFlags) whose(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&f.user, "user", "", "of this user")
	cmd.Flags().StringVar(&f.role, "role", "", "of this role")
	cmd.Flags().StringVar(&f.group, "group", "", "of this group")
	cmd.MarkFlagsMutuallyExclusive("user", "role", "group")
	return cmd
}

// grants finds the policies of the principal that is meant; nil when none is named.
func (f *iamFlags) grants(a *iam.Account) (*iam.Grants, error) {
	switch {
	case f.user != "":
		if u := a.Users[f.user]; u != nil {
			return &u.Grants, nil
		}
		return nil, absent("user", f.user)
	case f.role != "":
		if r := a.Roles[f.role]; r != nil {
			return &r.Grants, nil
		}
		return nil, absent("role", f.role)
	case f.group != "":
		if g := a.Groups[f.group]; g != nil {
			return &g.Grants, nil
		}
		return nil, absent("group", f.group)
	}
	return nil, nil
}

// policies are those of the principal that is meant, or the account's managed ones.
func (f *iamFlags) policies(a *iam.Account) (map[string]json.RawMessage, error) {
	g, err := f.grants(a)
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return a.Policies, nil
	case g.Policies == nil:
		g.Policies = map[string]json.RawMessage{}
	}
	return g.Policies, nil
}

func (f *iamFlags) putPolicy() *cobra.Command {
	cmd := f.command("put-policy NAME DOCUMENT", "Set a policy of a user, role or group, or a managed one", 2, func(cmd *cobra.Command, a *iam.Account, _ string, args []string) error {
		text, err := readDocument(cmd, iam.IdentityPolicy, args[1])
		if err != nil {
			return err
		}
		policies, err := f.policies(a)
		if err != nil {
			return err
		}
		policies[args[0]] = text
		return nil
	})
	cmd.Long = "Set a policy of a user, role or group, or, without such a flag, one of the account's managed policies.\nDOCUMENT is JSON, @FILE, or - for standard input."
	return f.whose(cmd)
}

func (f *iamFlags) getPolicy() *cobra.Command {
	return f.whose(&cobra.Command{Use: "get-policy NAME", Short: "Show a policy", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		dir, err := cmd.Flags().GetString("data-dir")
		if err != nil {
			return err
		}
		r, number, err := opendsql.Principals(dir)
		if err != nil {
			return err
		}
		if f.account != "" {
			number = f.account
		}
		policies, err := f.policies(r.Account(number))
		if err != nil {
			return err
		}
		text, ok := policies[args[0]]
		if !ok {
			return absent("policy", args[0])
		}
		return printJSON(cmd.OutOrStdout(), text)
	}})
}

func (f *iamFlags) deletePolicy() *cobra.Command {
	return f.whose(f.command("delete-policy NAME", "Remove a policy", 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		policies, err := f.policies(a)
		if err != nil {
			return err
		}
		if _, ok := policies[args[0]]; !ok {
			return absent("policy", args[0])
		}
		delete(policies, args[0])
		return nil
	}))
}

func (f *iamFlags) attach(name string, attached bool) *cobra.Command {
	short := "Give a managed policy to a user, role or group"
	if !attached {
		short = "Take a managed policy from a user, role or group"
	}
	cmd := f.whose(f.command(name+" POLICY", short, 1, func(_ *cobra.Command, a *iam.Account, _ string, args []string) error {
		g, err := f.grants(a)
		if err != nil {
			return err
		}
		is := func(p string) bool { return p == args[0] }
		if !attached && !slices.ContainsFunc(g.Attached, is) {
			return fmt.Errorf("the policy %q is not attached", args[0])
		}
		g.Attached = slices.DeleteFunc(g.Attached, is)
		if attached {
			g.Attached = append(g.Attached, args[0])
		}
		return nil
	}))
	cmd.MarkFlagsOneRequired("user", "role", "group")
	return cmd
}
