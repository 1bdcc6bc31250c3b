package transport

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha1"   // for fingerprints
	_ "crypto/sha256" // for fingerprints
	_ "crypto/sha512" // for fingerprints
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"gstjitsi/signaling/jingle"
)

// certificateLife is how long a session's certificate is valid; it starts a day early for peers with a slow clock.
const certificateLife = 30 * 24 * time.Hour

// newCertificate makes a P-256 certificate as PEM, certificate first, and its fingerprint. gstdtls up to 1.28 makes
// RSA ones, which takes it half a second and which the bridge refuses as DTLS server.
func newCertificate() (text string, fingerprint string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "WebRTC"},
		NotBefore:    time.Now().Add(-24 * time.Hour),
		NotAfter:     time.Now().Add(certificateLife),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	return text, fingerprintOf(crypto.SHA256, der), nil
}

func fingerprintOf(hash crypto.Hash, der []byte) string {
	h := hash.New()
	h.Write(der)
	sum := h.Sum(nil)
	digits := make([]string, len(sum))
	for i, b := range sum {
		digits[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(digits, ":")
}

var hashes = map[string]crypto.Hash{
	"sha-1": crypto.SHA1, "sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512,
}

// checkFingerprint compares a peer's certificate with what signalling promised (RFC 8122, 6.2).
func checkFingerprint(peerPEM string, want jingle.Fingerprint) error {
	block, _ := pem.Decode([]byte(peerPEM))
	if block == nil {
		return errors.New("the peer's certificate is not PEM")
	}
	hash, ok := hashes[strings.ToLower(want.Hash)]
	if !ok {
		return fmt.Errorf("unknown hash %q of the peer's fingerprint", want.Hash)
	}
	if got := fingerprintOf(hash, block.Bytes); !strings.EqualFold(got, want.Value) {
		return &FingerprintError{Want: want.Value, Got: got}
	}
	return nil
}

// FingerprintError says that the peer of the DTLS handshake is not whom signalling announced.
type FingerprintError struct{ Want, Got string }

func (e *FingerprintError) Error() string {
	return fmt.Sprintf("DTLS fingerprint mismatch: signalled %s, the peer's is %s", e.Want, e.Got)
}
