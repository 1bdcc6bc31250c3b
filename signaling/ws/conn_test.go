package ws

import (
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAConnectionIsStrandedWhenItsAddressIsGone(t *testing.T) {
	has := func(addresses ...string) func() ([]net.Addr, error) {
		return func() (list []net.Addr, err error) {
			for _, text := range addresses {
				ip, network, err := net.ParseCIDR(text)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, &net.IPNet{IP: ip, Mask: network.Mask})
			}
			return list, nil
		}
	}
	for _, tt := range []struct {
		name  string
		local string
		list  func() ([]net.Addr, error)
		want  bool
	}{
		{"it is there", "10.0.0.2", has("127.0.0.1/8", "10.0.0.2/24"), false},
		{"another one is there", "10.0.0.2", has("127.0.0.1/8", "10.0.0.3/24"), true},
		{"it is there, of IPv6", "fd00::2", has("::1/128", "fd00::2/64"), false},
		{"only loopback is left", "fd00::2", has("127.0.0.1/8", "::1/128"), true},
		{"the system tells of none", "10.0.0.2", has(), false},
		{"the system does not say", "10.0.0.2", func() ([]net.Addr, error) { return nil, errors.New("no") }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := stranded(net.ParseIP(tt.local), tt.list); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestALiveConnectionIsNotStranded(t *testing.T) {
	server := httptest.NewServer(handler("xmpp"))
	defer server.Close()
	conn, err := Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil, "xmpp")
	if err != nil {
		t.Fatal(err)
	}
	if conn.local == nil || conn.Stranded() {
		t.Errorf("it comes from %v", conn.local)
	}
	_ = conn.CloseNow()
	if (&Conn{}).Stranded() {
		t.Error("one that knows no address is")
	}
}
