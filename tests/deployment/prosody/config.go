package prosody

import (
	"cmp"
	"fmt"
	"sort"
	"strings"
	"time"
)

// Service is an entry of XEP-0215: a STUN or TURN server that clients are told of.
type Service struct {
	Type      string // stun, turn or turns
	Transport string // udp or tcp; empty for stun
	Host      string
	Port      int
	Secret    string        // of draft-uberti-behave-turn-rest; credentials are made of it for each answer
	TTL       time.Duration // of the credentials; a day when 0
}

// config writes Prosody's configuration. The options are those that the recorded deployment's answers imply:
// non-anonymous, hidden, temporary rooms that only the focus can create, and 60 s to resume a stream.
func (s *Server) config() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line(`run_as_root = true`)
	line(`daemonize = false`)
	line(`data_path = %s`, quote(s.dir+"/data"))
	line(`plugin_paths = { %s }`, quote(s.dir+"/modules"))
	line(`certificates = %s`, quote(s.dir+"/certs"))
	line(`log = { debug = %s }`, quote(s.logPath()))
	line(`interfaces = { "127.0.0.1" }`)
	line(`c2s_ports = { %d }`, s.c2sPort)
	line(`http_interfaces = { "127.0.0.1" }`)
	line(`http_ports = { %d }`, s.httpPort)
	line(`https_ports = { }`)
	line(`s2s_ports = { }`)
	line(`component_ports = { }`)
	line(`http_default_host = %s`, quote(s.opts.Domain))
	line(`consider_websocket_secure = true`)
	line(`cross_domain_websocket = true`)
	line(`c2s_require_encryption = false`)
	line(`allow_unencrypted_plain_auth = true`)
	line(`modules_enabled = { "disco", "roster", "saslauth", "version", "ping", "smacks", "websocket", "external_services" }`)
	line(`modules_disabled = { "s2s", "s2s_auth_certs", "tls", "offline" }`)
	line(`smacks_hibernation_time = %d`, seconds(s.opts.ResumeTimeout))
	line(`smacks_max_old_sessions = 10`)
	line(`external_services = {`)
	for _, service := range s.opts.Services {
		line(`  %s;`, service.lua())
	}
	line(`}`)

	line(`VirtualHost %s`, quote(s.opts.Domain))
	if len(s.opts.Users) > 0 {
		line(`  authentication = "internal_plain"`)
		if s.opts.PlainOnly {
			line(`  disable_sasl_mechanisms = { "SCRAM-SHA-1", "SCRAM-SHA-256" }`)
		}
	} else {
		line(`  authentication = "resumable_anonymous"`)
		if s.opts.TokenSecret != "" {
			line(`  jwt_secret = %s`, quote(s.opts.TokenSecret))
		}
	}
	if s.opts.Guests {
		line(`VirtualHost %s`, quote(s.GuestDomain()))
		line(`  authentication = "resumable_anonymous"`)
	}
	line(`VirtualHost %s`, quote(s.AuthDomain()))
	line(`  authentication = "internal_plain"`)

	line(`Component %s "muc"`, quote(s.MUCDomain()))
	modules := []string{`"muc_meeting_id"`}
	if s.opts.MaxOccupants > 0 {
		modules = append(modules, `"muc_room_limit"`)
		line(`  muc_room_limit = %d`, s.opts.MaxOccupants)
		line(`  muc_room_limit_exempt = %s`, quote(s.FocusUser()))
	}
	if s.opts.TokenSecret != "" {
		modules = append(modules, `"muc_token_room"`)
		line(`  muc_token_room_exempt = %s`, quote(s.FocusUser()))
	}
	if s.opts.Lobby {
		modules = append(modules, `"muc_lobby"`)
		line(`  lobby_muc = %s`, quote(s.LobbyDomain()))
	}
	line(`  modules_enabled = { %s }`, strings.Join(modules, ", "))
	line(`  admins = { %s }`, quote(s.FocusUser()))
	line(`  restrict_room_creation = true`)
	line(`  muc_room_locking = false`)
	line(`  muc_room_allow_persistent = false`)
	line(`  muc_room_default_public = false`)
	line(`  muc_room_default_public_jids = true`)

	if s.opts.Lobby {
		line(`Component %s "muc"`, quote(s.LobbyDomain()))
		line(`  restrict_room_creation = true`)
		line(`  muc_room_locking = false`)
		line(`  muc_room_default_public_jids = true`)
	}

	line(`Component %s "focus_proxy"`, quote(s.FocusDomain()))
	line(`  focus_proxy_target = %s`, quote(s.FocusUser()+"/focus"))
	return b.String()
}

func (service Service) lua() string {
	fields := []string{"type = " + quote(service.Type), "host = " + quote(service.Host), fmt.Sprintf("port = %d", service.Port)}
	if service.Transport != "" {
		fields = append(fields, "transport = "+quote(service.Transport))
	}
	if service.Secret != "" {
		fields = append(fields, "secret = "+quote(service.Secret), fmt.Sprintf("ttl = %d", seconds(cmp.Or(service.TTL, 24*time.Hour))), `algorithm = "turn"`)
	}
	return "{ " + strings.Join(fields, ", ") + " }"
}

// accounts gives the data files of the users, by path below the data directory. Writing them is what prosodyctl
// does, without a process for each user.
func (s *Server) accounts() map[string]string {
	files := map[string]string{}
	add := func(host, user, password string) {
		path := encodePath(host) + "/accounts/" + encodePath(user) + ".dat"
		files[path] = fmt.Sprintf("return {\n\t[\"password\"] = %s;\n};\n", quote(password))
	}
	add(s.AuthDomain(), "focus", s.focusPassword)
	users := make([]string, 0, len(s.opts.Users))
	for user := range s.opts.Users {
		users = append(users, user)
	}
	sort.Strings(users)
	for _, user := range users {
		add(s.opts.Domain, user, s.opts.Users[user])
	}
	return files
}

// encodePath escapes a name as Prosody's util.datamanager does for file names.
func encodePath(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

// quote makes a Lua string.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(text) {
		if c < ' ' || c == '"' || c == '\\' || c > '~' {
			fmt.Fprintf(&b, `\%03d`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// seconds rounds up, so that a short time doesn't become none.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
