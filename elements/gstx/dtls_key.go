package gstx

// #include "gstx.h"
import "C"

// LoadDTLS loads gstdtls, with a certificate and key in PEM for all in this process who bring none: else it makes an RSA
// key, which takes long. Call it once; where an element of gstdtls was made before, it does nothing.
func LoadDTLS(pem string) {
	withCString(pem, func(c *C.char) { C.gstx_load_dtls(c) })
}
