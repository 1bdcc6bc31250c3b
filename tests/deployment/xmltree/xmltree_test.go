package xmltree_test

import (
	"strings"
	"testing"

	"gstjitsi/tests/deployment/xmltree"
)

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	const text = `<iq xmlns="jabber:client" type="set"><jingle xmlns="urn:xmpp:jingle:1" sid="&#34;&lt;"><reason><text>a &amp; b</text></reason></jingle></iq>`
	e, err := xmltree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if e.String() != text {
		t.Errorf("got  %s\nwant %s", e, text)
	}
	if got := e.Child("urn:xmpp:jingle:1", "jingle").Child("", "reason").Child("", "text").Text; got != "a & b" {
		t.Errorf("text %q", got)
	}
	if e.Child("", "nothing").Child("", "nothing").Attr("x") != "" {
		t.Error("something in nothing")
	}
}

func TestPartsOfStanzasAreRefused(t *testing.T) {
	for _, text := range []string{"", "<iq>", "<iq></presence>", "text"} {
		if e, err := xmltree.Parse(text); err == nil {
			t.Errorf("%q is read as %s", text, e)
		}
	}
}

func TestDifferences(t *testing.T) {
	const recorded = `<a xmlns="x" v="1" id="7"><b/><c/></a>`
	for _, test := range []struct{ name, got, want string }{
		{"the same, attributes in another order", `<a xmlns="x" id="8" v="1"><b/><c/></a>`, ""},
		{"another value", `<a xmlns="x" v="2" id="7"><b/><c/></a>`, "v="},
		{"a missing attribute", `<a xmlns="x" v="1"><b/><c/></a>`, "attributes"},
		{"children in another order", `<a xmlns="x" v="1" id="7"><c/><b/></a>`, "children"},
		{"another namespace below", `<a xmlns="x" v="1" id="7"><b xmlns="y"/><c/></a>`, "<b"},
	} {
		want, err := xmltree.Parse(recorded)
		if err != nil {
			t.Fatal(err)
		}
		got, err := xmltree.Parse(test.got)
		if err != nil {
			t.Fatal(err)
		}
		diff := xmltree.Diff(want, got, func(_, attr string) bool { return attr != "id" })
		if (diff == "") != (test.want == "") || !strings.Contains(diff, test.want) {
			t.Errorf("%s: %q", test.name, diff)
		}
	}
}
