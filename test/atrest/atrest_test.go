// Package atrest looks at the real server's data directory with the eyes of somebody who stole the disk, and takes the key away from a running one.
package atrest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/test/server"
)

const (
	secret    = "PLAINTEXT-OF-A-ROW-THAT-NOBODY-MAY-READ"
	secretTag = "PLAINTEXT-OF-A-TAG-THAT-NOBODY-MAY-READ"
)

var binary string // the server's, built once

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "atrest")
	if err == nil {
		binary, err = server.Build(dir)
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// house is a running server on a data directory.
type house struct {
	t      *testing.T
	binary string
	p      *server.Process
}

func (h *house) start(dir string) {
	h.t.Helper()
	p, err := server.Start(h.t.Context(), h.binary, dir, "--log-level", "warn")
	if err != nil {
		h.t.Fatal(err)
	}
	h.p = p
}

func (h *house) stop() {
	h.t.Helper()
	if err := h.p.Stop(); err != nil {
		h.t.Fatalf("%v\n%s", err, h.p.Output())
	}
}

// kms runs the command line's key ring commands.
func (h *house) kms(args ...string) string {
	h.t.Helper()
	out, err := exec.Command(h.binary, append([]string{"kms", "--data-dir", h.p.Dir}, args...)...).CombinedOutput()
	if err != nil {
		h.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (h *house) api() *dsql.Client {
	return dsql.New(dsql.Options{
		Region: h.p.Region, BaseEndpoint: aws.String(h.p.API),
		Credentials: credentials.NewStaticCredentialsProvider(h.p.Root.AccessKeyID, h.p.Root.SecretAccessKey, ""),
	})
}

func (h *house) get() *dsql.GetClusterOutput {
	h.t.Helper()
	out, err := h.api().GetCluster(h.t.Context(), &dsql.GetClusterInput{Identifier: &h.p.Cluster})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// changeKey changes the cluster's key and waits until the service says that it is done.
func (h *house) changeKey(name string) *types.EncryptionDetails {
	h.t.Helper()
	out, err := h.api().UpdateCluster(h.t.Context(), &dsql.UpdateClusterInput{Identifier: &h.p.Cluster, KmsEncryptionKey: &name})
	if err != nil {
		h.t.Fatal(err)
	}
	if out.Status != types.ClusterStatusUpdating {
		h.t.Errorf("answer %v", out.Status)
	}
	for {
		c := h.get()
		if c.Status == types.ClusterStatusActive && c.EncryptionDetails.EncryptionStatus == types.EncryptionStatusEnabled {
			return c.EncryptionDetails
		}
		if c.Status != types.ClusterStatusUpdating {
			h.t.Fatalf("%v, %+v", c.Status, c.EncryptionDetails)
		}
		h.pause()
	}
}

func (h *house) pause() {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-h.t.Context().Done():
		h.t.Fatal("the test has ended")
	}
}

func (h *house) connect() *pgx.Conn {
	h.t.Helper()
	c, err := h.p.Connect(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) count(c *pgx.Conn) int {
	h.t.Helper()
	var n int
	if err := c.QueryRow(h.t.Context(), "SELECT count(*) FROM secrets WHERE v LIKE $1", secret+"%").Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// readable lists the files that hold a text as it is.
func readable(t *testing.T, dir, text string) (found []string, files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed since it was listed
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if files++; bytes.Contains(b, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, files
}

// Nothing that was stored can be read in the data directory, in any file, of a running server or a stopped one.
func TestStolenDisk(t *testing.T) {
	h := &house{t: t, binary: binary}
	dir := t.TempDir()
	h.start(dir)
	if _, err := h.api().CreateCluster(t.Context(), &dsql.CreateClusterInput{Tags: map[string]string{"secret": secretTag}}); err != nil {
		t.Fatal(err)
	}
	c := h.connect()
	if _, err := c.Exec(t.Context(), "CREATE TABLE secrets (id int PRIMARY KEY, v text)"); err != nil {
		t.Fatal(err)
	}
	const rows = 2000
	if _, err := c.Exec(t.Context(), "INSERT INTO secrets SELECT i, $1 || i FROM generate_series(1, $2) AS i", secret, rows); err != nil {
		t.Fatal(err)
	}
	look := func(when string) {
		for _, text := range []string{secret, secretTag, "secrets"} {
			if found, files := readable(t, dir, text); len(found) > 0 || files < 20 {
				t.Errorf("%s: of %d files %v hold %q", when, files, found, text)
			}
		}
	}
	look("running")
	h.p.Kill()
	look("killed")
	h.start(dir)
	if n := h.count(h.connect()); n != rows {
		t.Errorf("%d rows after the kill", n)
	}
	h.stop()
	look("stopped") // everything is in the storage's files now
	h.start(dir)
	if n := h.count(h.connect()); n != rows {
		t.Errorf("%d rows after the stop", n)
	}
	h.stop()
}

// A cluster moves to a customer key and back while it is used, is gone while its key is disabled, and back when it is enabled.
func TestKeyTakenAway(t *testing.T) {
	h := &house{t: t, binary: binary}
	dir := t.TempDir()
	h.start(dir)
	c := h.connect()
	if _, err := c.Exec(t.Context(), "CREATE TABLE secrets (id int PRIMARY KEY, v text)"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), "INSERT INTO secrets VALUES (1, $1)", secret); err != nil {
		t.Fatal(err)
	}
	h.kms("create-key", "--alias", "one")
	h.kms("create-key", "--alias", "two")
	first := h.changeKey("alias/one")
	if first.EncryptionType != types.EncryptionTypeCustomerManagedKmsKey || !strings.HasPrefix(aws.ToString(first.KmsKeyArn), "arn:aws:kms:us-east-1:000000000000:key/") {
		t.Fatalf("%+v, %s", first, aws.ToString(first.KmsKeyArn))
	}
	second := h.changeKey("alias/two")
	if aws.ToString(second.KmsKeyArn) == aws.ToString(first.KmsKeyArn) {
		t.Fatal("the key has not changed")
	}
	h.kms("disable", "alias/one") // no longer the cluster's
	if n := h.count(c); n != 1 {
		t.Errorf("%d rows under the new key", n)
	}

	h.kms("disable", "alias/two")
	h.refused()
	if got := h.get(); got.Status != types.ClusterStatusIdle || got.EncryptionDetails.EncryptionStatus != types.EncryptionStatusKmsKeyInaccessible {
		t.Errorf("%v, %+v", got.Status, got.EncryptionDetails)
	}
	var invalid *types.ValidationException
	if _, err := h.api().UpdateCluster(t.Context(), &dsql.UpdateClusterInput{Identifier: &h.p.Cluster, KmsEncryptionKey: aws.String("AWS_OWNED_KMS_KEY")}); !errors.As(err, &invalid) {
		t.Errorf("a key was changed that cannot be used: %v", err)
	}
	for c.Ping(t.Context()) == nil { // what is open ends within moments
		h.pause()
	}
	h.stop()
	h.start(dir)
	h.refused()
	h.kms("enable", "alias/two")
	c = h.connect()
	if n := h.count(c); n != 1 {
		t.Errorf("%d rows when the key is back", n)
	}
	if got := h.get(); got.Status != types.ClusterStatusActive || got.EncryptionDetails.EncryptionStatus != types.EncryptionStatusEnabled {
		t.Errorf("%v, %+v", got.Status, got.EncryptionDetails)
	}
	if own := h.changeKey("AWS_OWNED_KMS_KEY"); own.EncryptionType != types.EncryptionTypeAwsOwnedKmsKey || own.KmsKeyArn != nil {
		t.Errorf("%+v", own)
	}
	h.kms("disable", "alias/two")
	if n := h.count(h.connect()); n != 1 {
		t.Errorf("%d rows under the node's own key", n)
	}
	h.stop()
	h.start(dir)
	if n := h.count(h.connect()); n != 1 {
		t.Errorf("%d rows after a restart", n)
	}
	h.stop()
}

// refused checks that no connection is let in.
func (h *house) refused() {
	h.t.Helper()
	c, err := h.p.Connect(h.t.Context())
	var e *pgconn.PgError
	if err == nil {
		_ = c.Close(context.Background())
	}
	if !errors.As(err, &e) || e.Code != "57P03" || !strings.Contains(e.Message, "KMS key") {
		h.t.Errorf("connected without a key: %v", err)
	}
}
