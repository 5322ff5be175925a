package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newEnv() *cobra.Command {
	var f connectFlags
	cmd := &cobra.Command{
		Use: "env", Short: "Print shell exports for the AWS SDKs and PostgreSQL's clients", Args: cobra.NoArgs,
		Example: `  eval "$(opendsql env)" && psql -c 'select 1'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.resolve(cmd)
			if err != nil {
				return err
			}
			variables := append([]variable{
				{"AWS_ENDPOINT_URL_DSQL", c.target.server.API}, {"AWS_ENDPOINT_URL_STS", c.target.server.API}, {"AWS_REGION", c.endpoint.region}, {"AWS_DEFAULT_REGION", c.endpoint.region},
				{"AWS_ACCESS_KEY_ID", c.target.root.AccessKeyID}, {"AWS_SECRET_ACCESS_KEY", c.target.root.SecretAccessKey},
			}, c.libpq()...)
			if strings.HasPrefix(c.target.server.API, "https:") {
				variables = append(variables, variable{"AWS_CA_BUNDLE", c.target.server.CAFile})
			}
			for _, v := range variables {
				fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", v.name, shellQuote(v.value))
			}
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newToken() *cobra.Command {
	var f connectFlags
	cmd := &cobra.Command{
		Use: "token", Short: "Print a connection token, which is the password", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.resolve(cmd)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), c.token)
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newHosts() *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use: "hosts", Short: "Print the lines of a hosts file that make the endpoints' names work on this machine", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := findTarget(cmd)
			if err != nil {
				return err
			}
			if region == "" {
				region = t.server.Region
			}
			host, _, err := dialable(t.server.SQLAddr)
			if err != nil {
				return err
			}
			list, err := t.list(cmd.Context(), region)
			for _, c := range list {
				fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", host, c.Endpoint)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&region, "region", "", "Region of the clusters (default: the server's)")
	return cmd
}
