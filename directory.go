package opendsql

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/internal/wholefile"
)

// Names in a data directory.
const (
	versionFile     = "VERSION"
	lockFile        = "LOCK"
	serverFile      = "server.json"
	credentialsFile = "credentials"
	authorityFile   = "ca.pem"
)

// versionText says what a directory is. Its number changes with every change of the layout that older programs cannot read.
const versionText = "OpenDSQL data directory, format 1\n"

// ErrInUse: another process has the data directory open.
var ErrInUse = errors.New("data directory is in use by another opendsql process")

// Server says where a running instance is to be reached. It is kept in the data directory for the commands that talk to it.
type Server struct {
	Process     int    `json:"process"`
	SQLAddr     string `json:"sql_addr"`
	API         string `json:"api"` // URL
	Region      string `json:"region"`
	Account     string `json:"account"`
	CAFile      string `json:"ca_file"` // absolute
	DataDir     string `json:"data_dir"`
	Cluster     string `json:"cluster,omitempty"` // the first one's id
	Endpoint    string `json:"endpoint,omitempty"`
	Credentials string `json:"credentials_file"`
}

// directory is an open data directory.
type directory struct {
	path  string // absolute
	fresh bool   // nothing in it is finished yet
	lock  io.Closer
}

// openDirectory takes the directory for this process. VERSION is written last when everything is new, so a start that was cut off is begun again.
func openDirectory(path string) (*directory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	d := &directory{path: path}
	text, err := os.ReadFile(d.file(versionFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.fresh = true
		if err := d.refuseStrange(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case string(text) != versionText:
		return nil, fmt.Errorf("data directory %s has the version %q, this program reads %q", path, strings.TrimSpace(string(text)), strings.TrimSpace(versionText))
	}
	if d.lock, err = vfs.Default.Lock(d.file(lockFile)); err != nil {
		return nil, d.lockRefused(err)
	}
	d.withdraw() // what a process that was killed has announced
	return d, nil
}

// lockRefused tells a directory that is in use from one that cannot be used.
func (d *directory) lockRefused(err error) error {
	var unusable *fs.PathError // the file itself could not be made or opened
	if errors.As(err, &unusable) {
		return fmt.Errorf("lock the data directory: %w", err)
	}
	if s, readErr := ReadServer(d.path); readErr == nil {
		return fmt.Errorf("%w: %s, process %d, SQL on %s", ErrInUse, d.path, s.Process, s.SQLAddr)
	}
	return fmt.Errorf("%w: %s", ErrInUse, d.path)
}

// refuseStrange refuses a directory that holds anything an unfinished first start does not leave.
func (d *directory) refuseStrange() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name, _, _ := strings.Cut(e.Name(), "."); name { // also what was being written when the start was cut off
		case "iam", "ca", "ca-key", "credentials", "keys", "control", "clusters", "LOCK", "server", "VERSION", "lost+found":
		default:
			return fmt.Errorf("%s is not an OpenDSQL data directory: it holds %s and no %s", d.path, e.Name(), versionFile)
		}
	}
	return nil
}

func (d *directory) file(name string) string { return filepath.Join(d.path, name) }

// credentials reads the access keys, or makes the root account's.
func (d *directory) credentials(account string) (*iam.Store, error) {
	store, err := iam.LoadStore(d.file(credentialsFile))
	if err == nil {
		root, ok := store.Root()
		if !ok {
			return nil, fmt.Errorf("%s holds no credential", d.file(credentialsFile))
		}
		if root.Account != account && account != DefaultAccount {
			return nil, fmt.Errorf("data directory %s belongs to account %s, not %s", d.path, root.Account, account)
		}
		return store, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	store = &iam.Store{}
	if err := store.Put(iam.NewRootCredential(account)); err != nil {
		return nil, err
	}
	return store, store.Save(d.file(credentialsFile))
}

// finish records that the first start is complete.
func (d *directory) finish() error {
	if err := d.write(versionFile, []byte(versionText)); err != nil {
		return err
	}
	d.fresh = false
	return nil
}

// write replaces a file whole or not at all, durably.
func (d *directory) write(name string, data []byte) error {
	return wholefile.Replace(d.file(name), data, wholefile.Private)
}

// announce tells other commands where the server is.
func (d *directory) announce(s Server) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return d.write(serverFile, append(text, '\n'))
}

// withdraw takes the announcement back.
func (d *directory) withdraw() { _ = os.Remove(d.file(serverFile)) }

func (d *directory) close() error { return d.lock.Close() }

// ReadServer finds the server that runs on a data directory. An error that matches fs.ErrNotExist means that none does.
func ReadServer(dataDir string) (Server, error) {
	var s Server
	text, err := os.ReadFile(filepath.Join(dataDir, serverFile))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}

// Server says where the instance is to be reached.
func (i *Instance) Server() Server {
	root, _ := i.credentials.Root()
	scheme := "http"
	if i.options.APITLS {
		scheme = "https"
	}
	region := i.options.Region
	if i.first.ID != "" {
		region = i.first.Region
	}
	return Server{
		Process: os.Getpid(), SQLAddr: i.sqlAddr.String(), API: scheme + "://" + reachable(i.apiAddr), Region: region, Account: root.Account,
		CAFile: i.directory.file(authorityFile), DataDir: i.directory.path, Cluster: i.first.ID, Endpoint: i.first.Endpoint,
		Credentials: i.directory.file(credentialsFile),
	}
}

// reachable is an address to call, for one to listen on: a server that listens everywhere is called on this machine.
func reachable(a net.Addr) string {
	if t, ok := a.(*net.TCPAddr); ok && t.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(t.Port))
	}
	return a.String()
}
