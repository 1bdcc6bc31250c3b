package dtlssrtp

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/srtp/v3"
)

// Keys encrypts and decrypts media (RFC 5764).
type Keys struct {
	mu      sync.Mutex
	inbound *srtp.Context
	outward *srtp.Context
}

// NewKeys takes the keys out of a connection whose handshake is done.
func NewKeys(conn *dtls.Conn, isClient bool, inboundOptions ...srtp.ContextOption) (*Keys, error) {
	profile, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return nil, errors.New("the other side doesn't want SRTP")
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return nil, errors.New("DTLS has no state")
	}
	// The numbers of the profiles are those of IANA in both packages.
	config := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := config.ExtractSessionKeysFromDTLS(&state, isClient); err != nil {
		return nil, fmt.Errorf("keys of SRTP: %w", err)
	}
	inbound, err := srtp.CreateContext(config.Keys.RemoteMasterKey, config.Keys.RemoteMasterSalt, config.Profile, inboundOptions...)
	if err != nil {
		return nil, err
	}
	outward, err := srtp.CreateContext(config.Keys.LocalMasterKey, config.Keys.LocalMasterSalt, config.Profile)
	if err != nil {
		return nil, err
	}
	return &Keys{inbound: inbound, outward: outward}, nil
}

// DecryptRTP opens a packet of media.
func (k *Keys) DecryptRTP(packet []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inbound.DecryptRTP(nil, packet, nil)
}

// DecryptRTCP opens a packet of RTCP.
func (k *Keys) DecryptRTCP(packet []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inbound.DecryptRTCP(nil, packet, nil)
}

// EncryptRTP closes a packet of media.
func (k *Keys) EncryptRTP(packet []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.outward.EncryptRTP(nil, packet, nil)
}

// EncryptRTCP closes a packet of RTCP.
func (k *Keys) EncryptRTCP(packet []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.outward.EncryptRTCP(nil, packet, nil)
}
