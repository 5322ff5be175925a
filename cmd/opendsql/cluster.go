package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/spf13/cobra"
)

// settleWait is how long a command waits for a cluster to be made or gone.
const settleWait = 2 * time.Minute

// row is a cluster as the command line shows it.
type row struct {
	Identifier         string            `json:"identifier"`
	Arn                string            `json:"arn"`
	Status             string            `json:"status"`
	Endpoint           string            `json:"endpoint,omitempty"`
	CreationTime       *time.Time        `json:"creationTime,omitempty"`
	DeletionProtection bool              `json:"deletionProtectionEnabled"`
	Tags               map[string]string `json:"tags,omitempty"`
}

type clusterFlags struct{ region, output string }

func newCluster() *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{Use: "cluster", Short: "Make, show, change and remove clusters through the API", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.PersistentFlags().StringVar(&f.region, "region", "", "Region (default: the server's)")
	cmd.PersistentFlags().StringVarP(&f.output, "output", "o", "table", "table or json")
	cmd.AddCommand(f.create(), f.get(), f.list(), f.update(), f.remove())
	return cmd
}

// client is the API of the Region asked for.
func (f *clusterFlags) client(cmd *cobra.Command) (*target, *dsql.Client, error) {
	if f.output != "table" && f.output != "json" {
		return nil, nil, fmt.Errorf("--output: %q is not table or json", f.output)
	}
	t, err := findTarget(cmd)
	if err != nil {
		return nil, nil, err
	}
	if f.region == "" {
		f.region = t.server.Region
	}
	api, err := t.api(f.region)
	return t, api, err
}

func (f *clusterFlags) create() *cobra.Command {
	var protect, wait bool
	var name, kmsKey string
	var tags map[string]string
	cmd := &cobra.Command{Use: "create", Short: "Make a cluster", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		t, api, err := f.client(cmd)
		if err != nil {
			return err
		}
		if name != "" {
			if tags == nil {
				tags = map[string]string{}
			}
			tags["Name"] = name
		}
		in := &dsql.CreateClusterInput{DeletionProtectionEnabled: &protect, Tags: tags}
		if kmsKey != "" {
			in.KmsEncryptionKey = &kmsKey
		}
		out, err := api.CreateCluster(cmd.Context(), in)
		if err != nil {
			return err
		}
		if wait {
			waiter := dsql.NewClusterActiveWaiter(api, func(o *dsql.ClusterActiveWaiterOptions) { o.MinDelay = 20 * time.Millisecond })
			if err := waiter.Wait(cmd.Context(), &dsql.GetClusterInput{Identifier: out.Identifier}, settleWait); err != nil {
				return err
			}
		}
		r, err := t.describe(cmd.Context(), f.region, aws.ToString(out.Identifier))
		if err != nil {
			return err
		}
		return f.print(cmd.OutOrStdout(), r)
	}}
	cmd.Flags().BoolVar(&protect, "deletion-protection", false, "refuse to delete the cluster while this is on")
	cmd.Flags().BoolVar(&wait, "wait", true, "return when the cluster is ACTIVE")
	cmd.Flags().StringVar(&name, "name", "", "the tag Name")
	cmd.Flags().StringVar(&kmsKey, "kms-key", "", "key to encrypt the cluster with: ARN, id or alias (default: the node's own)")
	cmd.Flags().StringToStringVar(&tags, "tag", nil, "tags, as key=value")
	return cmd
}

func (f *clusterFlags) get() *cobra.Command {
	return &cobra.Command{Use: "get ID", Short: "Show a cluster", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		t, _, err := f.client(cmd)
		if err != nil {
			return err
		}
		r, err := t.describe(cmd.Context(), f.region, args[0])
		if err != nil {
			return err
		}
		return f.print(cmd.OutOrStdout(), r)
	}}
}

func (f *clusterFlags) list() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "Show the clusters of a Region", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		t, _, err := f.client(cmd)
		if err != nil {
			return err
		}
		rows, err := t.list(cmd.Context(), f.region)
		if err != nil {
			return err
		}
		if f.output == "json" {
			return printJSON(cmd.OutOrStdout(), rows)
		}
		return f.print(cmd.OutOrStdout(), rows...)
	}}
}

func (f *clusterFlags) update() *cobra.Command {
	var protect bool
	var kmsKey string
	cmd := &cobra.Command{Use: "update ID", Short: "Change a cluster", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		t, api, err := f.client(cmd)
		if err != nil {
			return err
		}
		in := &dsql.UpdateClusterInput{Identifier: &args[0]}
		if cmd.Flags().Changed("deletion-protection") {
			in.DeletionProtectionEnabled = &protect
		}
		if kmsKey != "" {
			in.KmsEncryptionKey = &kmsKey
		}
		if _, err := api.UpdateCluster(cmd.Context(), in); err != nil {
			return err
		}
		r, err := t.describe(cmd.Context(), f.region, args[0])
		if err != nil {
			return err
		}
		return f.print(cmd.OutOrStdout(), r)
	}}
	cmd.Flags().BoolVar(&protect, "deletion-protection", false, "refuse to delete the cluster while this is on")
	cmd.Flags().StringVar(&kmsKey, "kms-key", "", "key to encrypt the cluster with from now on: ARN, id, alias or AWS_OWNED_KMS_KEY")
	return cmd
}

func (f *clusterFlags) remove() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{Use: "delete ID", Short: "Remove a cluster and all its data", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		_, api, err := f.client(cmd)
		if err != nil {
			return err
		}
		out, err := api.DeleteCluster(cmd.Context(), &dsql.DeleteClusterInput{Identifier: &args[0]})
		if err != nil {
			return err
		}
		r := row{Identifier: args[0], Arn: aws.ToString(out.Arn), Status: string(out.Status), CreationTime: out.CreationTime}
		if wait {
			waiter := dsql.NewClusterNotExistsWaiter(api, func(o *dsql.ClusterNotExistsWaiterOptions) { o.MinDelay = 20 * time.Millisecond })
			if err := waiter.Wait(cmd.Context(), &dsql.GetClusterInput{Identifier: &args[0]}, settleWait); err != nil {
				return err
			}
			r.Status = "DELETED"
		}
		return f.print(cmd.OutOrStdout(), r)
	}}
	cmd.Flags().BoolVar(&wait, "wait", true, "return when nothing is left of the cluster")
	return cmd
}

// describe asks for one cluster.
func (t *target) describe(ctx context.Context, region, id string) (row, error) {
	api, err := t.api(region)
	if err != nil {
		return row{}, err
	}
	out, err := api.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &id})
	if err != nil {
		return row{}, err
	}
	return row{
		Identifier: aws.ToString(out.Identifier), Arn: aws.ToString(out.Arn), Status: string(out.Status), Endpoint: aws.ToString(out.Endpoint),
		CreationTime: out.CreationTime, DeletionProtection: aws.ToBool(out.DeletionProtectionEnabled), Tags: out.Tags,
	}, nil
}

// list asks for every cluster of a Region.
func (t *target) list(ctx context.Context, region string) ([]row, error) {
	api, err := t.api(region)
	if err != nil {
		return nil, err
	}
	rows := []row{}
	pages := dsql.NewListClustersPaginator(api, &dsql.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Clusters {
			r, err := t.describe(ctx, region, aws.ToString(c.Identifier))
			var gone *types.ResourceNotFoundException
			switch {
			case errors.As(err, &gone): // since it was listed
			case err != nil:
				return nil, err
			default:
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// print shows clusters as a table; one alone, when JSON is asked for, as an object. A list is an array, which its command sees to.
func (f *clusterFlags) print(out io.Writer, rows ...row) error {
	if f.output == "json" {
		return printJSON(out, rows[0])
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "IDENTIFIER\tSTATUS\tENDPOINT\tPROTECTED\tTAGS")
	for _, r := range rows {
		var tags []string
		for k, v := range r.Tags {
			tags = append(tags, k+"="+v)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%s\n", r.Identifier, r.Status, r.Endpoint, r.DeletionProtection, strings.Join(slices.Sorted(slices.Values(tags)), " "))
	}
	return w.Flush()
}
