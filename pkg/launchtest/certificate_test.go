package launchtest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// TestCertificates has certificates that are not to be trusted.
func TestCertificates(t *testing.T) {
	t.Parallel()
	here := net.IPv4(127, 0, 0, 1)
	for name, test := range map[string]struct {
		from, until int // days from now
		address     net.IP
		known       bool // who has issued it
		says        string
	}{
		"expired yesterday": {-90, -1, here, true, "certificate has expired"},
		"not valid yet":     {1, 90, here, true, "not yet valid"},
		"unknown issuer":    {-1, 90, here, false, "unknown authority"},
		"somebody else's":   {-1, 90, net.IPv4(192, 0, 2, 1), true, "not 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate, pool := certify(t, &x509.Certificate{
				SerialNumber: big.NewInt(1), IPAddresses: []net.IP{test.address}, IsCA: true, BasicConstraintsValid: true,
				NotBefore: time.Now().AddDate(0, 0, test.from), NotAfter: time.Now().AddDate(0, 0, test.until),
			})
			if !test.known {
				pool = x509.NewCertPool()
			}
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake fails, as it should
			server.StartTLS()
			t.Cleanup(server.Close)
			opts := options(t, server.URL)
			opts.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
			verdict{launchtest.Connect, launchtest.BadCertificate, launchtest.Failed, test.says}.check(t, run(t.Context(), t, opts))
		})
	}
}

// certify makes a certificate that has signed itself, and who knows it.
func certify(t *testing.T, template *x509.Certificate) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, pool
}
