// Package disco describes what an XMPP entity can do (XEP-0030), and the hash that announces it in presence
// (XEP-0115).
package disco

import (
	"crypto/sha1" // XEP-0115 names SHA-1; it is no protection here
	"encoding/base64"
	"encoding/xml"
	"slices"
	"strings"
)

// NSInfo is the namespace of service discovery.
const NSInfo = "http://jabber.org/protocol/disco#info"

// NSCaps is the namespace of entity capabilities.
const NSCaps = "http://jabber.org/protocol/caps"

// Info is what an entity says of itself.
type Info struct {
	Node       string // of the caps element: a URL naming the software
	Identities []Identity
	Features   []string
}

// Identity is the kind of an entity, such as client/bot.
type Identity struct {
	Category string `xml:"category,attr"`
	Type     string `xml:"type,attr"`
	Lang     string `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
	Name     string `xml:"name,attr,omitempty"`
}

// Ver is the verification string of XEP-0115 section 5.1, with SHA-1.
func (i Info) Ver() string {
	var s strings.Builder
	for _, line := range i.identityLines() {
		s.WriteString(line + "<")
	}
	for _, feature := range i.sortedFeatures() {
		s.WriteString(feature + "<")
	}
	sum := sha1.Sum([]byte(s.String()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (i Info) identityLines() []string {
	lines := make([]string, 0, len(i.Identities))
	for _, id := range i.Identities {
		lines = append(lines, strings.Join([]string{id.Category, id.Type, id.Lang, id.Name}, "/"))
	}
	slices.Sort(lines)
	return lines
}

func (i Info) sortedFeatures() []string {
	features := slices.Clone(i.Features)
	slices.Sort(features)
	return slices.Compact(features)
}

// Caps is the element that announces an Info in presence.
type Caps struct {
	XMLName xml.Name `xml:"http://jabber.org/protocol/caps c"`
	Hash    string   `xml:"hash,attr"`
	Node    string   `xml:"node,attr"`
	Ver     string   `xml:"ver,attr"`
}

// Caps is the presence element of i.
func (i Info) Caps() Caps { return Caps{Hash: "sha-1", Node: i.Node, Ver: i.Ver()} }

// Query is a disco#info request, or the answer to one.
type Query struct {
	XMLName    xml.Name   `xml:"http://jabber.org/protocol/disco#info query"`
	Node       string     `xml:"node,attr,omitempty"`
	Identities []Identity `xml:"identity"`
	Features   []Feature  `xml:"feature"`
}

// Feature is one feature in a Query.
type Feature struct {
	Var string `xml:"var,attr"`
}

// Answer is the answer to a request for node. It is false where we have no such node: ours are the empty one
// and the one of our Caps (XEP-0115 section 6.2).
func (i Info) Answer(node string) (Query, bool) {
	if node != "" && node != i.Node+"#"+i.Ver() {
		return Query{}, false
	}
	q := Query{Node: node, Identities: i.Identities}
	for _, feature := range i.sortedFeatures() {
		q.Features = append(q.Features, Feature{Var: feature})
	}
	return q, true
}
