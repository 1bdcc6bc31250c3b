package bridge

import (
	"net"
	"testing"
)

// check is a STUN binding request with nothing but a USERNAME.
func check(username string) []byte {
	attribute := append([]byte{0x00, 0x06, 0x00, byte(len(username))}, username...)
	for len(attribute)%4 != 0 {
		attribute = append(attribute, 0)
	}
	header := []byte{0x00, 0x01, 0x00, byte(len(attribute)), 0x21, 0x12, 0xa4, 0x42}
	return append(append(header, make([]byte, 12)...), attribute...)
}

func TestChecksWaitForTheirAgent(t *testing.T) {
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := newSocket(udp, &impairment{})
	defer s.Close()
	s.await("early")
	client, err := net.Dial("udp", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	read := func() string {
		buf := make([]byte, 2048)
		n, from, err := s.ReadFrom(buf)
		if err != nil || from.String() != client.LocalAddr().String() {
			t.Fatalf("read from %v: %v", from, err)
		}
		return string(buf[:n])
	}
	for _, packet := range [][]byte{check("early:x"), check("other:x"), []byte("media")} {
		if _, err := client.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(); got != string(check("other:x")) {
		t.Errorf("first comes %q", got)
	}
	if got := read(); got != "media" {
		t.Errorf("second comes %q", got)
	}
	s.release("early")
	if got := read(); got != string(check("early:x")) {
		t.Errorf("released is %q", got)
	}
	if _, err := client.Write(check("early:x")); err != nil {
		t.Fatal(err)
	}
	if got := read(); got != string(check("early:x")) {
		t.Errorf("later comes %q", got)
	}
}

func TestFragmentsOfChecks(t *testing.T) {
	for _, test := range []struct {
		name   string
		packet []byte
		want   string
		ok     bool
	}{
		{"a check", check("abc:def"), "abc", true},
		{"no colon", check("abc"), "abc", false},
		{"RTP", []byte{0x80, 100, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, "", false},
		{"cut off", check("abcdefgh:ijk")[:26], "", false},
		{"nothing", nil, "", false},
	} {
		if got, ok := checkedUfrag(test.packet); got != test.want || ok != test.ok {
			t.Errorf("%s: %q, %v", test.name, got, ok)
		}
	}
}

func FuzzFragmentsOfChecks(f *testing.F) {
	f.Add(check("abc:def"))
	f.Fuzz(func(_ *testing.T, packet []byte) { checkedUfrag(packet) })
}
