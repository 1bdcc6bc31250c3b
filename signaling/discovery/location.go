package discovery

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseLocation splits a meeting's URL as pasted from a browser: https://host[:port]/[tenant/]Room[?jwt=…][#config…].
// Like the web client it takes the last part of the path for the room and all before it for the tenant. The room is as it stands
// in the URL, and one that [NormaliseRoom] takes.
func ParseLocation(location string) (Meeting, error) {
	u, err := parseServer(stripSpace(location))
	if err != nil {
		return Meeting{}, fmt.Errorf("meeting URL: %w", err)
	}
	tenant, room := splitPath(u.EscapedPath())
	if room == "" {
		return Meeting{}, fmt.Errorf("meeting URL of %s names no room", u.Host)
	}
	if _, err := NormaliseRoom(room); err != nil {
		return Meeting{}, err
	}
	m := Meeting{Server: u.Scheme + "://" + u.Host, Room: room, Token: u.Query().Get("jwt")}
	if m.Tenant, err = url.PathUnescape(tenant); err != nil {
		return Meeting{}, fmt.Errorf("tenant %q: malformed percent-encoding", tenant)
	}
	return m, nil
}

// parseServer accepts http and https URLs; a URL without a scheme is taken for https. Its errors leave out
// everything behind the path, where tokens are.
func parseServer(server string) (*url.URL, error) {
	if !strings.Contains(server, "://") {
		server = "https://" + server
	}
	u, err := url.Parse(server)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not a URL", withoutQuery(server))
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q is neither https nor http", withoutQuery(server))
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q names no host", withoutQuery(server))
	case strings.ContainsFunc(u.Hostname(), notInHosts):
		return nil, fmt.Errorf("%q names a host with characters that no host's name has", withoutQuery(server))
	case u.User != nil:
		return nil, errors.New("a user name or password in the URL is not supported")
	}
	return u, nil
}

// notInHosts are characters that net/url lets through in a host, and that no address has. Names of other scripts are let through.
func notInHosts(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`"#%&'/<>?@\^`+"`{|}", r)
}

func splitPath(path string) (tenant, room string) {
	path = strings.Trim(path, "/")
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func withoutQuery(s string) string {
	if i := strings.IndexAny(s, "?#@"); i >= 0 {
		return s[:i] + "…"
	}
	return s
}

func stripSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
