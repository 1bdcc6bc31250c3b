package discovery

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// excluded are the characters that the web client drops from a room's name as it stands in a meeting's URL: reserved by
// RFC 3986, or refused by the JID library of the focus. Percent-encoded ones pass.
const excluded = `:?#[]@!$&'()*+,;=></"`

// maxRoom is the longest localpart of a JID in bytes (RFC 7622 section 3.3).
const maxRoom = 1023

// NormaliseRoom makes a room's JID node of its name as the web client does (parseURIString and getBackendSafeRoomName of
// jitsi-meet): lower case, percent-encoding of what a JID's node can't carry. A name that is percent-encoded already is taken
// for what it encodes. To be applied once: what compatibility forms of excluded characters become stays in the web client's names,
// and would be dropped the second time.
func NormaliseRoom(room string) (string, error) {
	room = dropExcluded(room)
	if decoded, err := url.PathUnescape(room); err == nil && utf8.ValidString(decoded) {
		room = decoded // else the percent sign is a part of the name
	}
	room = strings.ToLower(norm.NFKC.String(room))
	room = strings.ToLower(encodeURIComponent(room))
	// The web client leaves it in and can't join: no JID's node has one (RFC 7622 section 3.3.1).
	room = strings.ReplaceAll(room, "'", "")
	switch {
	case room == "":
		return "", fmt.Errorf("the room's name is empty")
	case len(room) > maxRoom:
		return "", fmt.Errorf("the room's name has %d bytes, more than %d", len(room), maxRoom)
	}
	return room, nil
}

func dropExcluded(room string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(excluded, r) {
			return -1
		}
		return r
	}, room)
}

// encodeURIComponent is JavaScript's function of this name (ECMA-262 section 19.2.6.4).
func encodeURIComponent(s string) string {
	const unreserved = "-_.!~*'()"
	var b strings.Builder
	for _, c := range []byte(s) {
		if isAlphanumeric(c) || strings.IndexByte(unreserved, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
