package discovery

import (
	"fmt"
	"net/url"
	"strings"
)

// Defaults are the addresses of a deployment with the usual layout: wss://HOST/xmpp-websocket (with the
// tenant's path in front), HOST, conference.HOST, focus.HOST. For a tenant the stock config.js puts its name
// into the room's domain: conference.TENANT.HOST, which the server maps to rooms named [TENANT]ROOM.
func Defaults(m Meeting) (Deployment, error) {
	server, err := parseServer(m.Server)
	if err != nil {
		return Deployment{}, fmt.Errorf("server: %w", err)
	}
	host := strings.ToLower(server.Hostname())
	return Deployment{
		WebSocketURL: webSocketURL(server, m.Tenant),
		XMPPDomain:   host,
		MUCDomain:    "conference." + subdomain(m.Tenant) + host,
		FocusJID:     "focus." + host,
	}, nil
}

func webSocketURL(server *url.URL, tenant string) string {
	scheme := "wss"
	if server.Scheme == "http" {
		scheme = "ws"
	}
	u := url.URL{Scheme: scheme, Host: server.Host, Path: "/"}
	return u.JoinPath(server.Path, tenant, "xmpp-websocket").String()
}

// subdomain is what the stock config.js makes of a tenant's path: one lower-case label with a dot behind it.
func subdomain(tenant string) string {
	tenant = strings.Trim(tenant, "/")
	if tenant == "" {
		return ""
	}
	label := strings.NewReplacer(".", "_", "/", "_").Replace(tenant)
	return strings.ToLower(label) + "."
}
