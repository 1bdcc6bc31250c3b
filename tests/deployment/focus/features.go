package focus

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/xmltree"
)

const (
	nsDiscoInfo = "http://jabber.org/protocol/disco#info"
	nsCaps      = "http://jabber.org/protocol/caps"
	ownNode     = "http://jitsi.org/jicofo"
)

// features is what a client announces (XEP-0030).
type features map[string]bool

// ownFeatures is what the focus itself answers to disco#info.
var ownFeatures = []string{
	nsDiscoInfo,
	"http://jitsi.org/protocol/focus",
	"urn:xmpp:jingle:1",
	"urn:xmpp:jingle:apps:rtp:1",
	"urn:xmpp:jingle:transports:ice-udp:1",
}

func discoInfo(node string) *xmltree.Element {
	query := xmltree.New(nsDiscoInfo, "query")
	if node != "" {
		query.Set("node", node)
	}
	query.Add(xmltree.New("", "identity", "category", "component", "type", "conference", "name", "focus"))
	for _, feature := range ownFeatures {
		query.Add(xmltree.New("", "feature", "var", feature))
	}
	return query
}

func ownCaps() *xmltree.Element {
	return xmltree.New(nsCaps, "c", "hash", "sha-1", "node", ownNode, "ver", capsVer(discoInfo("")))
}

// capsVer computes the verification string of XEP-0115 5.1 without forms, which Jitsi's clients don't have.
func capsVer(info *xmltree.Element) string {
	var identities, vars []string
	for _, i := range info.All("", "identity") {
		identities = append(identities, i.Attr("category")+"/"+i.Attr("type")+"/"+i.Attr("xml:lang")+"/"+i.Attr("name"))
	}
	for _, feature := range info.All("", "feature") {
		vars = append(vars, feature.Attr("var"))
	}
	slices.Sort(identities)
	slices.Sort(vars)
	var text strings.Builder
	for _, part := range slices.Concat(identities, vars) {
		text.WriteString(part + "<")
	}
	sum := sha1.Sum([]byte(text.String()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// learnFeatures asks a participant what it can do, unless somebody with the same caps has been asked before: a real
// focus takes those from its cache (recording a-alice: nothing is asked; j-nojson-alice: asked). Then it goes on.
func (p *participant) learnFeatures(caps *xmltree.Element, then func()) {
	f := p.room.focus
	node, ver := caps.Attr("node"), caps.Attr("ver")
	if known, ok := f.caps[ver]; ok && ver != "" {
		p.features = known
		then()
		return
	}
	query := xmltree.New(nsDiscoInfo, "query")
	if ver != "" {
		query.Set("node", node+"#"+ver)
	}
	f.ask("get", p.address(), query, func(answer *xmltree.Element) {
		if !p.present() {
			return
		}
		info := answer.Child(nsDiscoInfo, "query")
		if info == nil || answer.Attr("type") != "result" {
			f.event(events.Event{Kind: events.RequestFailed, Room: p.room.name, Endpoint: p.id, Detail: "disco#info: " + describeAnswer(answer)})
			p.features = features{}
			then()
			return
		}
		have := features{}
		for _, feature := range info.All("", "feature") {
			have[feature.Attr("var")] = true
		}
		if got := capsVer(info); got != ver {
			f.event(events.Event{Kind: events.CapsMismatch, Room: p.room.name, Endpoint: p.id,
				Detail: "announced " + ver + ", the features hash to " + got})
		} else {
			f.caps[ver] = have
		}
		p.features = have
		then()
	})
}

func describeAnswer(answer *xmltree.Element) string {
	if answer == nil {
		return "no answer"
	}
	if fault := answer.Child("", "error"); fault != nil {
		return fault.String()
	}
	return answer.String()
}
