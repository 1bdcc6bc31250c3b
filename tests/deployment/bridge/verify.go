package bridge

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"gstjitsi/tests/deployment/dtlssrtp"
)

// errNotECDSA is how the bridge as DTLS server treats clients with RSA certificates: a real one fails the handshake.
var errNotECDSA = errors.New("the client's certificate is not ECDSA")

// errOnDemand refuses a handshake that is as good as any.
var errOnDemand = errors.New("refused on demand")

// admit says whether the next DTLS handshake may succeed.
func (b *Bridge) admit() error {
	if b.refusals.Add(-1) >= 0 {
		return errOnDemand
	}
	return nil
}

// verifier checks the client's certificate against its fingerprint from the signalling.
func verifier(remote RemoteTransport, bridgeIsServer bool, admit func() error) func([][]byte, [][]*x509.Certificate) error {
	return func(raw [][]byte, _ [][]*x509.Certificate) error {
		if err := admit(); err != nil {
			return err
		}
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
		if got := dtlssrtp.Fingerprint(raw[0]); !strings.EqualFold(got, remote.Fingerprint) {
			return fmt.Errorf("the client's certificate has the fingerprint %s, signalled was %s", got, remote.Fingerprint)
		}
		return nil
	}
}
