package jingle

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// tree is XML as nested elements, for comparing what we write with what was recorded: the order of attributes
// and where a namespace is declared don't matter.
type tree struct {
	name     xml.Name
	attrs    []string
	text     string
	children []*tree
}

func parseTree(t *testing.T, data []byte) *tree {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	root := &tree{}
	stack := []*tree{root}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return root.children[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := &tree{name: token.Name}
			for _, a := range token.Attr {
				if a.Name.Local != "xmlns" {
					n.attrs = append(n.attrs, a.Name.Local+"="+a.Value)
				}
			}
			slices.Sort(n.attrs)
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
}

// lines are the elements of the tree, one a line; those named in without are left out.
func (n *tree) lines(indent string, without ...string) []string {
	if slices.Contains(without, n.name.Local) || slices.Contains(without, n.name.Local+" "+strings.Join(n.attrs, " ")) {
		return nil
	}
	out := []string{indent + n.name.Space + " " + n.name.Local + " " + strings.Join(n.attrs, " ") + " " + n.text}
	for _, c := range n.children {
		out = append(out, c.lines(indent+"  ", without...)...)
	}
	return out
}

func sameTree(t *testing.T, payload Payload, recordedFile string, without ...string) {
	t.Helper()
	data, err := xml.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	got := parseTree(t, data).lines("", without...)
	want := parseTree(t, recorded(t, recordedFile)).children[0].lines("", without...)
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("element %d:\ngot  %s\nwant %s", i+1, g, w)
		}
	}
}

// accepted is what the web client accepted in a-alice, read back from its own stanza.
func accepted(t *testing.T) (SessionAccept, Header) {
	t.Helper()
	// A session-accept has the contents of a session-initiate; the sources are told by the names of clients.
	data := strings.Replace(string(recorded(t, "session-accept-a-alice")), `"session-accept"`, `"session-initiate"`, 1)
	m, err := Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	offer := m.(*SessionInitiate)
	const msid = "5410b27b-video-0-1 b864c7e9-8732-4d34-9675-08b35d4991b3-1"
	return SessionAccept{
			Audio: offer.Audio, Video: offer.Video, Transport: offer.Transport,
			Sources: []LocalSource{
				{Name: "5410b27b-a0", Media: Audio, MSID: "5410b27b-audio-0-1 649300df-2012-4fec-8ab9-2d075ce97548-1", SSRCs: []uint32{3721618031}},
				{Name: "5410b27b-v0", Media: Video, VideoType: Camera, MSID: msid,
					SSRCs: []uint32{3939473597, 701234537, 3630608220}, RTX: []uint32{1443192556, 3916192672, 1075289545}},
			},
		}, Header{
			SID: "1uhl55odh1iuq", Initiator: "cap-a@conference.jitsi.test/focus",
			Responder: "5410b27b-a4a6-404e-8462-0e9402c291b5@jitsi.test/2izF0rzAUWRH",
		}
}

func TestSessionAcceptIsTheRecordedOne(t *testing.T) {
	answer, header := accepted(t)
	// Left out: tracing, and the data channel that the web client groups though it isn't there.
	sameTree(t, EncodeAccept(header, answer), "session-accept-a-alice", "traceparent", "content name=data")
}

func TestMediaWithoutSourcesOfOursAreSentByTheOtherSideOnly(t *testing.T) {
	answer, header := accepted(t)
	answer.Sources = answer.Sources[:1]
	data, err := xml.Marshal(EncodeAccept(header, answer))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`name="audio" senders="both"`, `name="video" senders="responder"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}

func TestMediaThatWeDoNotTakeAreNoContent(t *testing.T) {
	answer, header := accepted(t)
	answer.Video.PayloadTypes = nil
	data, err := xml.Marshal(EncodeAccept(header, answer))
	if err != nil || strings.Contains(string(data), "video") {
		t.Errorf("got %s, %v", data, err)
	}
}

func TestSessionTerminateIsTheRecordedOne(t *testing.T) {
	sameTree(t, EncodeTerminate(Header{SID: "clr8d9o8jncd9", Initiator: "cap-f@conference.jitsi.test/focus"}, Termination{
		Reason: "connectivity-error", Text: "ICE FAILED", BridgeSessionID: "6e024ff6-456e-4dcc-b5f1-7d584864afc7", Restart: true,
	}), "our-session-terminate-f-alice")
}

func TestSourceAddHasWhatTheRecordedOneHas(t *testing.T) {
	h := Header{SID: "el4ogeq1cmcvo", Initiator: "cap-c@conference.jitsi.test/focus"}
	const msid = "edb6182f-video-1-1 fd374253-7bb2-4ca4-856e-3ecf76df4aaa-1"
	sources := []LocalSource{{
		Name: "edb6182f-v1", Media: Video, VideoType: Desktop, MSID: msid,
		SSRCs: []uint32{4106147616, 3093783994, 11586403}, RTX: []uint32{3120031383, 1840581807, 4279602361},
	}}
	data, err := xml.Marshal(EncodeSourceAdd(h, sources))
	if err != nil {
		t.Fatal(err)
	}
	// The web client sorts the sources by their SSRC as text; their order has no meaning.
	got := parseTree(t, data).lines("")
	want := parseTree(t, recorded(t, "our-source-add-c-alice")).children[0].lines("")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	data, err = xml.Marshal(EncodeSourceRemove(h, sources))
	if err != nil || !strings.Contains(string(data), `action="source-remove"`) {
		t.Errorf("got %s, %v", data, err)
	}
}

func TestTransportInfoIsTheRecordedOneButNotTwice(t *testing.T) {
	transport := Transport{Ufrag: "nkiy", Pwd: "AcUR7K2GQz9lJFgvL4XYCBUg", Fingerprint: Fingerprint{Hash: "sha-256", Setup: "active",
		Value: "AA:1F:1A:EB:99:E9:C1:C4:86:DD:A1:3D:35:BB:F8:D4:8F:E3:68:5F:8A:7B:B0:35:ED:01:49:A0:23:A2:A1:47"}}
	data, err := xml.Marshal(EncodeTransportInfo(Header{SID: "15gn4ieooc6t5", Initiator: "cap-i@conference.jitsi.test/focus"}, transport, 1))
	if err != nil {
		t.Fatal(err)
	}
	got := parseTree(t, data).lines("")
	want := parseTree(t, recorded(t, "our-transport-info-i-alice")).children[0].lines("") // says everything twice
	if !slices.Equal(got, want[:len(got)]) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestCandidatesSurviveWritingAndReading(t *testing.T) {
	want := Candidate{
		Foundation: "3", Component: 1, Protocol: "udp", Priority: 1677721855, Addr: netip.MustParseAddrPort("192.0.2.2:4000"),
		Type: "srflx", Related: netip.MustParseAddrPort("10.0.0.1:5000"), Generation: 2,
	}
	v6 := Candidate{Foundation: "4", Component: 1, Protocol: "udp", Priority: 1, Addr: netip.MustParseAddrPort("[2001:db8::1]:9"), Type: "host"}
	data, err := xml.Marshal(EncodeTransportInfo(Header{SID: "s"}, Transport{Candidates: []Candidate{want, v6}}, 0))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse([]byte("<iq>" + string(data) + "</iq>"))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.(*TransportInfo).Transport.Candidates; !slices.Equal(got, []Candidate{want, v6}) {
		t.Errorf("got %+v", got)
	}
}
