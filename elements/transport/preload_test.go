package transport

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"
)

// peekCertificate reads the certificate that an element of gstdtls has.
func peekCertificate(t *testing.T, e gst.Element) *x509.Certificate {
	t.Helper()
	text, _ := e.ObjectProperty("pem").(string)
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatalf("no PEM text: %.40q", text)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestAfterPreloadGStreamerHasACertificateWithoutMakingAnRSAKey(t *testing.T) {
	gst.Init()
	Preload()
	first, second := gst.ElementFactoryMake("dtlsdec", ""), gst.ElementFactoryMake("dtlsdec", "")
	if first == nil || second == nil {
		t.Fatal("there is no dtlsdec")
	}
	certificate := peekCertificate(t, first)
	if _, ok := certificate.PublicKey.(*ecdsa.PublicKey); !ok {
		t.Errorf("the key is a %T", certificate.PublicKey)
	}
	if !certificate.Equal(peekCertificate(t, second)) {
		t.Error("two elements that bring no certificate have different ones")
	}
	own, _, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	second.SetObjectProperty("pem", own)
	if certificate.Equal(peekCertificate(t, second)) {
		t.Error("an element's own certificate does not count")
	}
}
