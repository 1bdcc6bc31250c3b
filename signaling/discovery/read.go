package discovery

import (
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/pion/logging"
	"mellium.im/xmpp/jid"

	"gstjitsi/signaling/configjs"
)

// maxRegion is longer than any region's name.
const maxRegion = 64

// paths are what is read of config.
var paths = []string{
	"hosts.domain", "hosts.muc", "hosts.anonymousdomain", "hosts.focus", "websocket", "bosh", "websocketKeepAliveUrl",
	"conferenceRequestUrl", "focusUserJid", "hiddenDomain", "deploymentInfo.region", "deploymentInfo.userRegion",
	"flags.ssrcRewritingEnabled", "flags.rtpMidDemuxEnabled", "flags.sourceNameSignaling", "flags.sendMultipleVideoStreams",
	"flags.receiveMultipleVideoStreams", "startAudioMuted", "startVideoMuted",
}

// reader takes values of config over where they can be what they claim to be.
type reader struct {
	config configjs.Config
	page   string
	log    logging.LeveledLogger
}

// apply changes d, which holds the defaults, to what config says.
func (r reader) apply(d *Deployment, a attempt) {
	tenant := subdomain(a.meeting.Tenant)
	if domain := r.domain("hosts.domain"); domain != "" {
		d.XMPPDomain, d.MUCDomain, d.FocusJID = domain, "conference."+tenant+domain, "focus."+domain
	}
	if muc := r.domain("hosts.muc"); muc != "" {
		d.MUCDomain = muc
	}
	if !a.ofTenant && d.MUCDomain == "conference."+d.XMPPDomain {
		d.MUCDomain = "conference." + tenant + d.XMPPDomain // the file does not know of the tenant
	}
	if focus := r.domain("hosts.focus"); focus != "" {
		d.FocusJID = focus
	}
	if u := r.webSocketURL(); u != "" {
		d.WebSocketURL = u
	}
	d.AnonymousDomain = r.domain("hosts.anonymousdomain")
	d.HiddenDomain = r.domain("hiddenDomain")
	d.FocusUserJID = r.address("focusUserJid")
	d.ConferenceRequestURL = r.url("conferenceRequestUrl", "http")
	d.KeepAliveURL = r.url("websocketKeepAliveUrl", "http")
	d.Region, d.UserRegion = r.region("deploymentInfo.region"), r.region("deploymentInfo.userRegion")
	d.StartMuted = StartMuted{Audio: r.count("startAudioMuted"), Video: r.count("startVideoMuted")}
	d.Flags = Flags{
		SSRCRewriting:               r.flag("flags.ssrcRewritingEnabled"),
		RTPMIDDemux:                 r.flag("flags.rtpMidDemuxEnabled"),
		SourceNameSignaling:         r.flag("flags.sourceNameSignaling"),
		SendMultipleVideoStreams:    r.flag("flags.sendMultipleVideoStreams"),
		ReceiveMultipleVideoStreams: r.flag("flags.receiveMultipleVideoStreams"),
	}
}

func (r reader) refuse(name string, why any) string {
	r.log.Debugf("config.js: %s is left out: %v", name, why)
	return ""
}

func (r reader) domain(name string) string {
	value := r.config.String(name)
	if value == "" {
		return ""
	}
	j, err := jid.Parse(value)
	if err != nil || j.Localpart() != "" || j.Resourcepart() != "" || strings.ContainsAny(value, "<>{}$\"' ") {
		return r.refuse(name, "it is no domain")
	}
	return j.String()
}

func (r reader) address(name string) string {
	value := r.config.String(name)
	if value == "" {
		return ""
	}
	j, err := jid.Parse(value)
	if err != nil {
		return r.refuse(name, "it is no address")
	}
	return j.String()
}

// webSocketURL is websocket, else what bosh implies: the two are neighbours in the usual layout.
func (r reader) webSocketURL() string {
	if u := r.url("websocket", "ws"); u != "" {
		return u
	}
	bosh, err := url.Parse(r.url("bosh", "http"))
	if err != nil || bosh.Host == "" {
		return ""
	}
	bosh.Scheme = strings.Replace(bosh.Scheme, "http", "ws", 1)
	bosh.Path, bosh.RawPath, bosh.RawQuery = path.Join("/", path.Dir(bosh.Path), "xmpp-websocket"), "", ""
	return bosh.String()
}

// url resolves a URL as the page would, of scheme or its secure twin. From a page that came by https it must be
// secure, as in a browser: tokens and passwords go there.
func (r reader) url(name, scheme string) string {
	value := r.config.String(name)
	if value == "" {
		return ""
	}
	page, err := url.Parse(r.page)
	if err != nil {
		return r.refuse(name, "the page's address is none")
	}
	secure := page.Scheme == "https"
	page.Scheme = scheme
	if secure {
		page.Scheme += "s"
	}
	u, err := page.Parse(value)
	switch {
	case err != nil:
		return r.refuse(name, "it is no URL")
	case u.Host == "" || u.User != nil || u.Scheme != scheme && u.Scheme != scheme+"s":
		return r.refuse(name, fmt.Sprintf("it is no %s or %ss URL of a host", scheme, scheme))
	case secure && u.Scheme == scheme:
		return r.refuse(name, "it leaves TLS")
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

func (r reader) region(name string) string {
	value := r.config.String(name)
	if len(value) > maxRegion || strings.ContainsFunc(value, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return r.refuse(name, "it is no name")
	}
	return value
}

// count is empty for what means that there is no limit: some deployments write -1.
func (r reader) count(name string) string {
	value, ok := r.config.Int(name)
	switch {
	case !ok:
		return ""
	case value < 0:
		return r.refuse(name, "it is no number of participants")
	}
	return strconv.FormatInt(value, 10)
}

func (r reader) flag(name string) Switch {
	value, ok := r.config.Bool(name)
	switch {
	case !ok:
		return Unset
	case value:
		return On
	}
	return Off
}
