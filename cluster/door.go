package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/pgwire"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/query/catalog"
)

// Directory knows which clusters exist. *controlplane.API does.
type Directory interface {
	ClusterByID(ctx context.Context, id string) (controlplane.Cluster, bool, error)
	Clusters(ctx context.Context) ([]controlplane.Cluster, error)
}

// Door lets connections in to the clusters of a set, or refuses them. Safe for concurrent use.
type Door struct {
	Set         *Set
	Directory   Directory
	Credentials *iam.Store
	Now         func() time.Time // nil: time.Now
	Logger      *slog.Logger     // nil: nothing is logged
	// Lenient lets clients on this machine leave out the cluster's name while only one exists.
	Lenient bool
}

var _ pgwire.Opener = (*Door)(nil)

// databaseName is the only database of a cluster.
const databaseName = "postgres"

// idOption is the start-up option that names the cluster for clients whose TLS server name does not.
const idOption = "amzn-cluster-id"

func refused(code pgerror.Code, format string, args ...any) *pgerror.Error {
	return pgerror.New(code, format, args...).Fatal()
}

// denied is the one message for everything that IAM has to do with; the reason goes in the hint.
func denied(hint string) *pgerror.Error {
	return refused(pgerror.InvalidAuthorizationSpecification, iam.AccessDenied).WithHint("%s", hint)
}

// Route finds the cluster a login means, so that a client without a name is refused before it sends its token.
func (d *Door) Route(ctx context.Context, l *pgwire.Login) error {
	_, err := d.route(ctx, l)
	return err
}

func (d *Door) route(ctx context.Context, l *pgwire.Login) (controlplane.Cluster, error) {
	id := idOfHost(l.ServerName)
	if option := l.Options[idOption]; option != "" {
		if id != "" && id != option {
			return controlplane.Cluster{}, denied("The TLS server name and the option " + idOption + " name different clusters.")
		}
		id = option
	}
	if id == "" {
		return d.only(ctx, l)
	}
	c, ok, err := d.Directory.ClusterByID(ctx, id)
	switch {
	case err != nil:
		return c, d.broken("cluster could not be looked up", err)
	case !ok:
		return c, denied("Cluster " + id + " does not exist.")
	}
	return c, ready(c)
}

// idOfHost is the cluster's id in one of its host names: <id>.dsql.<region>.on.aws, or <id>.dsql-<service>.<region>.on.aws. Empty for other names.
func idOfHost(host string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), ".")
	if len(labels) != 5 || labels[3] != "on" || labels[4] != "aws" || labels[1] != "dsql" && !strings.HasPrefix(labels[1], "dsql-") {
		return ""
	}
	return labels[0]
}

// only is the one cluster there is, for a client on this machine that named none.
func (d *Door) only(ctx context.Context, l *pgwire.Login) (controlplane.Cluster, error) {
	unnamed := refused(pgerror.InvalidAuthorizationSpecification, "unable to accept connection, sni was not received")
	if !d.Lenient || !onThisMachine(l.Remote) {
		return controlplane.Cluster{}, unnamed
	}
	list, err := d.Directory.Clusters(ctx)
	if err != nil {
		return controlplane.Cluster{}, d.broken("clusters could not be listed", err)
	}
	if len(list) != 1 {
		return controlplane.Cluster{}, unnamed.WithHint("There are %d clusters: connect to <id>.dsql.<region>.on.aws, or set the option %s.", len(list), idOption)
	}
	return list[0], ready(list[0])
}

func onThisMachine(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// ready refuses a cluster that does not take connections now.
func ready(c controlplane.Cluster) error {
	switch c.Status {
	case controlplane.StatusActive, controlplane.StatusUpdating:
		return nil
	case controlplane.StatusCreating, controlplane.StatusPendingSetup:
		return refused(pgerror.CannotConnectNow, "unable to accept connection, waking up cluster, please retry later").
			WithHint("The cluster's status is %s.", c.Status)
	}
	return denied("The cluster's status is " + string(c.Status) + ".")
}

// keyInaccessible is what a connection hears while the cluster's customer key cannot be used.
var keyInaccessible = refused(pgerror.CannotConnectNow, "unable to accept connection, the cluster's KMS key is not accessible").
	WithHint("Enable the key or restore access to it; the cluster's encryptionStatus is KMS_KEY_INACCESSIBLE until then.")

// broken hides what went wrong inside from a client that has not proven anything yet.
func (d *Door) broken(what string, err error) error {
	if d.Logger != nil {
		d.Logger.Error(what, "error", err)
	}
	return refused(pgerror.InternalError, "server unavailable")
}

// Open checks a login completely and opens its session.
func (d *Door) Open(ctx context.Context, l *pgwire.Login) (pgwire.Session, error) {
	found, err := d.route(ctx, l)
	if err != nil {
		return nil, err
	}
	c, done, err := d.Set.use(ctx, found.ID)
	if errors.Is(err, ErrGone) {
		return nil, denied("Cluster " + found.ID + " does not exist.")
	}
	if errors.Is(err, ErrKeyInaccessible) {
		return nil, keyInaccessible
	}
	if err != nil {
		return nil, d.broken("cluster could not be opened", err)
	}
	defer done()
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	if !c.arrivals.take(now()) {
		return nil, refused(pgerror.ConfigurationLimitExceeded, "Unable to accept connection, rate exceeded.")
	}
	who, err := iam.VerifyToken(l.Token, iam.TokenExpectation{
		ClusterID: found.ID, Region: found.Region, Account: found.Account, User: l.User,
	}, d.Credentials, now())
	if err != nil {
		return nil, tokenRefused(err)
	}
	if err := d.Credentials.Authorize(who, access(found, l, now())); err != nil {
		return nil, denied(err.Error())
	}
	if err := c.mayLogin(ctx, l.User, who); err != nil {
		return nil, err
	}
	if l.Database != databaseName {
		return nil, refused(pgerror.InvalidCatalogName, "database \"%s\" does not exist", l.Database)
	}
	return c.enter(ctx, l, who)
}

// access is the question whether a login's principal may connect to a cluster.
func access(c controlplane.Cluster, l *pgwire.Login, now time.Time) iam.Access {
	a := iam.Access{
		Action: iam.Service + ":" + iam.ActionFor(l.User), Resource: c.ARN, ResourceAccount: c.Account, ResourcePolicy: c.Policy,
		Context: map[string][]string{
			"aws:CurrentTime": {now.UTC().Format(time.RFC3339)}, "aws:EpochTime": {strconv.FormatInt(now.Unix(), 10)},
			"aws:SecureTransport": {strconv.FormatBool(l.TLS != nil)},
		},
	}
	if t, ok := l.Remote.(*net.TCPAddr); ok {
		a.Context["aws:SourceIp"] = []string{t.IP.String()}
	}
	for key, value := range c.Tags {
		a.Context["aws:ResourceTag/"+key] = []string{value}
	}
	return a
}

// enter opens the session of a login that was found good.
func (c *Cluster) enter(ctx context.Context, l *pgwire.Login, who iam.Identity) (pgwire.Session, error) {
	s, err := c.admit()
	if err != nil {
		return nil, err
	}
	settings := maps.Clone(l.Parameters)
	maps.Copy(settings, l.Options)
	delete(settings, idOption)
	open, err := c.database.NewSession(ctx, query.Who{
		User: l.User, Application: settings["application_name"], Settings: settings, TLS: tlsInfo(l.TLS), MultiRegion: c.linked,
		Allowed: func() error { return c.mayLogin(context.Background(), l.User, who) },
	})
	if err != nil {
		c.forget(s)
		return nil, err
	}
	if !c.adopt(s, open, l.End) {
		s.Close()
		return nil, errLeaving
	}
	return s, nil
}

// tokenRefused words a token's refusal.
func tokenRefused(err error) error {
	var t *iam.TokenError
	if errors.As(err, &t) {
		return denied(t.Hint)
	}
	return denied("")
}

// mayLogin refuses a user that does not exist, must not log in, or is not mapped to the principal. It is asked again at the start of every transaction.
func (c *Cluster) mayLogin(ctx context.Context, user string, who iam.Identity) error {
	if user == iam.AdminUser {
		return nil
	}
	snapshot, err := c.database.Catalog(ctx)
	if err != nil {
		return err
	}
	role := snapshot.RoleByName(user)
	switch {
	case role == nil:
		return denied("Role " + user + " does not exist")
	case !role.Login:
		return refused(pgerror.InvalidAuthorizationSpecification, "role \"%s\" is not permitted to log in", user)
	case !mapped(snapshot, role, who):
		return refused(pgerror.InvalidAuthorizationSpecification, "IAM authentication failed for user \"%s\"", user).
			WithHint("Map the principal to the role: AWS IAM GRANT %s TO '%s'", user, mappable(who))
	}
	return nil
}

func mapped(s *catalog.Snapshot, role *catalog.Role, who iam.Identity) bool {
	for _, m := range s.Mappings() {
		if m.Role == role.OID && (m.ARN == who.PrincipalARN || m.ARN == mappable(who)) {
			return true
		}
	}
	return false
}

// mappable is the principal that a mapping names: of an assumed role's session the role.
func mappable(who iam.Identity) string {
	if role := who.RoleARN(); role != "" {
		return role
	}
	return who.PrincipalARN
}

// tlsInfo is what pg_stat_ssl shows of a connection.
func tlsInfo(s *tls.ConnectionState) catalog.TLSInfo {
	if s == nil {
		return catalog.TLSInfo{}
	}
	bits := int32(256)
	if strings.Contains(tls.CipherSuiteName(s.CipherSuite), "AES_128") {
		bits = 128
	}
	return catalog.TLSInfo{On: true, Version: strings.Replace(tls.VersionName(s.Version), "TLS ", "TLSv", 1), Cipher: tls.CipherSuiteName(s.CipherSuite), Bits: bits}
}
