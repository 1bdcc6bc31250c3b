package transport

import (
	"errors"
	"strings"
	"testing"

	"gstjitsi/signaling/jingle"
)

func TestAPeerWithTheAnnouncedFingerprintIsTaken(t *testing.T) {
	pem, fingerprint, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{fingerprint, strings.ToLower(fingerprint)} {
		if err := checkFingerprint(pem, jingle.Fingerprint{Hash: "SHA-256", Value: value}); err != nil {
			t.Error(err)
		}
	}
}

func TestAPeerWithAnotherFingerprintIsRefused(t *testing.T) {
	pem, fingerprint, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	var mismatch *FingerprintError
	if err := checkFingerprint(other, jingle.Fingerprint{Hash: "sha-256", Value: fingerprint}); !errors.As(err, &mismatch) {
		t.Errorf("got %v", err)
	}
	if checkFingerprint(pem, jingle.Fingerprint{Hash: "md2", Value: fingerprint}) == nil {
		t.Error("an unknown hash was taken")
	}
	if checkFingerprint("", jingle.Fingerprint{Hash: "sha-256", Value: fingerprint}) == nil {
		t.Error("no certificate was taken")
	}
}
