package jingle

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

func (t *wireTransport) parse() (Transport, error) {
	out := Transport{Ufrag: t.Ufrag, Pwd: t.Pwd}
	if t.WebSocket != nil {
		out.WebSocketURL = t.WebSocket.URL
	}
	var err error
	if t.Fingerprint != nil {
		if out.Fingerprint, err = t.Fingerprint.parse(); err != nil {
			return out, fmt.Errorf("fingerprint: %w", err)
		}
	}
	if len(t.Candidates) > maxCandidates {
		return out, fmt.Errorf("%d candidates", len(t.Candidates))
	}
	for i, w := range t.Candidates {
		c, err := w.parse()
		if err != nil {
			return out, fmt.Errorf("candidate %d: %w", i+1, err)
		}
		out.Candidates = append(out.Candidates, c)
	}
	return out, nil
}

// complete checks what a new session needs.
func (t *Transport) complete() error {
	switch {
	case t.Ufrag == "" || t.Pwd == "":
		return errors.New("no ufrag or no pwd")
	case strings.ContainsAny(t.Ufrag+t.Pwd, " \t\r\n"):
		return errors.New("blanks in ufrag or pwd") // would break the lines of an SDP
	case t.Fingerprint.Value == "":
		return errors.New("no fingerprint")
	}
	return nil
}

// digestSizes are the hash functions of RFC 8122 that are still good, by their length in bytes.
var digestSizes = map[string]int{"sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}

func (w *wireFingerprint) parse() (Fingerprint, error) {
	f := Fingerprint{
		Hash:  strings.ToLower(strings.TrimSpace(w.Hash)),
		Value: strings.ToUpper(strings.TrimSpace(w.Value)),
		Setup: w.Setup,
	}
	size, known := digestSizes[f.Hash]
	if !known {
		return f, fmt.Errorf("unknown hash %q", shorten(w.Hash))
	}
	digest, err := hex.DecodeString(strings.ReplaceAll(f.Value, ":", ""))
	if err != nil || len(digest) != size || len(f.Value) != 3*size-1 {
		return f, fmt.Errorf("%q is no digest of %s", shorten(w.Value), f.Hash)
	}
	switch f.Setup {
	case "actpass", "active", "passive":
		return f, nil
	}
	return f, fmt.Errorf("unknown setup %q", shorten(w.Setup))
}

func (w *wireCandidate) parse() (Candidate, error) {
	c := Candidate{Foundation: w.Foundation, Protocol: strings.ToLower(w.Protocol), Type: w.Type}
	component, err := parseUint("component", w.Component, 8)
	if err != nil {
		return c, err
	}
	priority, err := parseUint("priority", w.Priority, 32)
	if err != nil {
		return c, err
	}
	if c.Addr, err = parseAddr(w.IP, w.Port); err != nil {
		return c, err
	}
	if w.RelAddr != "" {
		if c.Related, err = parseAddr(w.RelAddr, w.RelPort); err != nil {
			return c, fmt.Errorf("related address: %w", err)
		}
	}
	if w.Generation != "" {
		generation, err := parseUint("generation", w.Generation, 16)
		if err != nil {
			return c, err
		}
		c.Generation = uint(generation)
	}
	switch c.Type {
	case "host", "srflx", "prflx", "relay":
	default:
		return c, fmt.Errorf("unknown type %q", shorten(w.Type))
	}
	if strings.ContainsAny(c.Foundation+c.Protocol, " \t\r\n") || c.Foundation == "" || c.Protocol == "" {
		return c, errors.New("foundation or protocol is none")
	}
	c.Component, c.Priority = uint8(component), uint32(priority)
	return c, nil
}

func parseAddr(ip, port string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("ip %q is no address", shorten(ip))
	}
	n, err := parseUint("port", port, 16)
	return netip.AddrPortFrom(addr.WithZone(""), uint16(n)), err // a zone is free text, and means nothing elsewhere
}
