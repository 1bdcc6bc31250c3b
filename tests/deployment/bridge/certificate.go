package bridge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// certificate is the bridge's own for DTLS: ECDSA on P-256, self-signed.
type certificate struct {
	tls         tls.Certificate
	fingerprint string
}

func newCertificate() (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bridge"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &certificate{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, fingerprint(der)}, nil
}

// fingerprint is the SHA-256 of a certificate in the notation of RFC 8122.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// errNotECDSA is how the bridge as DTLS server treats clients with RSA certificates: a real one fails the handshake.
var errNotECDSA = errors.New("the client's certificate is not ECDSA")

// verifier checks the client's certificate against its fingerprint from the signalling.
func verifier(remote RemoteTransport, bridgeIsServer bool) func([][]byte, [][]*x509.Certificate) error {
	return func(raw [][]byte, _ [][]*x509.Certificate) error {
		if len(raw) == 0 {
			return errors.New("the client sent no certificate")
		}
		parsed, err := x509.ParseCertificate(raw[0])
		if err != nil {
			return fmt.Errorf("the client's certificate: %w", err)
		}
		if _, ok := parsed.PublicKey.(*ecdsa.PublicKey); !ok && bridgeIsServer {
			return errNotECDSA
		}
		if !strings.EqualFold(remote.Hash, "sha-256") {
			return fmt.Errorf("the client's fingerprint is %q, not sha-256", remote.Hash)
		}
		if got := fingerprint(raw[0]); !strings.EqualFold(got, remote.Fingerprint) {
			return fmt.Errorf("the client's certificate has the fingerprint %s, signalled was %s", got, remote.Fingerprint)
		}
		return nil
	}
}
