package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"gstjitsi/signaling/jingle"
)

// CandidateLine writes a candidate (RFC 8839, 5.1); false for TCP ones, which webrtcbin has no use for.
func CandidateLine(c jingle.Candidate) (string, bool) {
	if !strings.EqualFold(c.Protocol, "udp") {
		return "", false
	}
	line := fmt.Sprintf("candidate:%s %d udp %d %s %d typ %s", c.Foundation, c.Component, c.Priority,
		c.Addr.Addr(), c.Addr.Port(), c.Type)
	if c.Related.IsValid() {
		line += fmt.Sprintf(" raddr %s rport %d", c.Related.Addr(), c.Related.Port())
	}
	return line, true
}

// ParseCandidate reads a candidate line, with or without "a=" in front.
func ParseCandidate(line string) (jingle.Candidate, error) {
	fail := func(why string) (jingle.Candidate, error) {
		return jingle.Candidate{}, fmt.Errorf("candidate %q: %s", line, why)
	}
	text, ok := strings.CutPrefix(strings.TrimPrefix(line, "a="), "candidate:")
	if !ok {
		return fail("does not start with candidate:")
	}
	f := strings.Fields(text)
	if len(f) < 8 || f[6] != "typ" {
		return fail("has too few fields")
	}
	component, err := strconv.ParseUint(f[1], 10, 8)
	if err != nil {
		return fail("bad component")
	}
	priority, err := strconv.ParseUint(f[3], 10, 32)
	if err != nil {
		return fail("bad priority")
	}
	addr, err := addrPort(f[4], f[5])
	if err != nil {
		return fail(err.Error())
	}
	c := jingle.Candidate{Foundation: f[0], Component: uint8(component), Protocol: strings.ToLower(f[2]),
		Priority: uint32(priority), Addr: addr, Type: f[7]}
	var raddr, rport string
	for i := 8; i+1 < len(f); i += 2 {
		switch f[i] {
		case "raddr":
			raddr = f[i+1]
		case "rport":
			rport = f[i+1]
		}
	}
	if raddr != "" && rport != "" {
		if c.Related, err = addrPort(raddr, rport); err != nil {
			return fail(err.Error())
		}
	}
	return c, nil
}

func addrPort(host, port string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(addr.WithZone(""), uint16(n)), nil // a zone is free text, and means nothing elsewhere
}
