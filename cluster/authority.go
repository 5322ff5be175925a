package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/wholefile"
)

// Names of the authority's files in the data directory.
const (
	authorityFile    = "ca.pem"
	authorityKeyFile = "ca-key.pem"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 365 * 24 * time.Hour
	leafRenew     = 30 * 24 * time.Hour // before its end
	clockSlack    = time.Hour
)

// Authority is this installation's certificate authority. It mints a certificate for a Region's endpoints when the first client asks for
// one; these live in memory only. Safe for concurrent use.
type Authority struct {
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
	regions map[string]bool
	now     func() time.Time

	mu     sync.Mutex
	leaves map[string]*tls.Certificate // by the DNS name they are for; "" is this machine
}

// OpenAuthority reads the authority of a data directory, or makes it.
func OpenAuthority(dir string, regions []string, now func() time.Time) (*Authority, error) {
	a := &Authority{regions: map[string]bool{}, now: now, leaves: map[string]*tls.Certificate{}}
	for _, r := range regions {
		a.regions[r] = true
	}
	err := a.read(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = a.make(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate authority in %s: %w", dir, err)
	}
	return a, nil
}

func (a *Authority) read(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, authorityFile))
	if err != nil {
		return err
	}
	keyText, err := os.ReadFile(filepath.Join(dir, authorityKeyFile))
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	keyBlock, _ := pem.Decode(keyText)
	if block == nil || keyBlock == nil {
		return errors.New("file holds no PEM block")
	}
	if a.cert, err = x509.ParseCertificate(block.Bytes); err != nil {
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return err
	}
	var ok bool
	if a.key, ok = key.(*ecdsa.PrivateKey); !ok || !a.key.PublicKey.Equal(a.cert.PublicKey) {
		return errors.New("key does not belong to the certificate")
	}
	if a.now().After(a.cert.NotAfter) {
		return fmt.Errorf("certificate ended at %s, remove %s and %s to get a new one", a.cert.NotAfter, authorityFile, authorityKeyFile)
	}
	return nil
}

// make writes the key before the certificate, so that a certificate on disk always has its key.
func (a *Authority) make(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := newSerial()
	if err != nil {
		return err
	}
	now := a.now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "OpenDSQL local CA", Organization: []string{"OpenDSQL"}},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(authorityLife), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := wholefile.Replace(filepath.Join(dir, authorityKeyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), wholefile.Private); err != nil {
		return err
	}
	if err := wholefile.Replace(filepath.Join(dir, authorityFile), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return err
	}
	a.key = key
	a.cert, err = x509.ParseCertificate(der)
	return err
}

func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}

// TLS is the configuration of a server with certificates of this authority; protocols are what it speaks by ALPN.
func (a *Authority) TLS(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return a.leaf(hello.ServerName) },
	}
}

// leaf is a certificate for a server name: for all endpoints of its Region, or, for any other name, for this machine.
func (a *Authority) leaf(server string) (*tls.Certificate, error) {
	name := a.wildcard(server)
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.leaves[name]; c != nil && a.now().Before(c.Leaf.NotAfter.Add(-leafRenew)) {
		return c, nil
	}
	c, err := a.mint(name)
	if err != nil {
		return nil, err
	}
	a.leaves[name] = c
	return c, nil
}

// wildcard is *.dsql.<region>.on.aws for an endpoint of a Region that exists, so their number is bounded; else empty.
func (a *Authority) wildcard(server string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(server, ".")), ".")
	if len(labels) != 5 || labels[1] != "dsql" || !a.regions[labels[2]] || labels[3] != "on" || labels[4] != "aws" {
		return ""
	}
	return "*.dsql." + labels[2] + ".on.aws"
}

func (a *Authority) mint(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := a.now()
	end := now.Add(leafLife)
	if end.After(a.cert.NotAfter) {
		end = a.cert.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "localhost", Organization: []string{"OpenDSQL"}},
		NotBefore: now.Add(-clockSlack), NotAfter: end, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if name != "" {
		template.Subject.CommonName, template.DNSNames, template.IPAddresses = name, []string{name}, nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
