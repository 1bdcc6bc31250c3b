package scenarios

import (
	"slices"
	"testing"
)

func TestDifferencesAreFound(t *testing.T) {
	const iq = `<iq type='set' id='1' from='r@conference.x/focus'><jingle xmlns='urn:xmpp:jingle:1' action='a' sid='s'><content name='audio'/></jingle></iq>`
	for _, test := range []struct {
		name, channel, want, got string
		found                    []string
	}{
		{"other ids", "xmpp", iq, `<iq type='set' from='r@conference.x/focus' id='2'><jingle xmlns='urn:xmpp:jingle:1' sid='t' action='a'><content name='audio'/></jingle></iq>`, nil},
		{"an attribute's value", "xmpp", iq, `<iq type='set' id='1' from='r@conference.x/focus'><jingle xmlns='urn:xmpp:jingle:1' action='b' sid='s'><content name='audio'/></jingle></iq>`,
			[]string{`iq/jingle@action is "b", recorded "a"`}},
		{"an attribute too few", "xmpp", iq, `<iq type='set' id='1' from='r@conference.x/focus'><jingle xmlns='urn:xmpp:jingle:1' action='a' sid='s'><content/></jingle></iq>`,
			[]string{`iq/jingle/content@name is "", recorded "audio"`}},
		{"a namespace", "xmpp", iq, `<iq type='set' id='1' from='r@conference.x/focus'><jingle xmlns='y' action='a' sid='s'><content xmlns='urn:xmpp:jingle:1' name='audio'/></jingle></iq>`,
			[]string{"iq/jingle is in y, recorded urn:xmpp:jingle:1"}},
		{"an element more", "xmpp", iq, `<iq type='set' id='1' from='r@conference.x/focus'><jingle xmlns='urn:xmpp:jingle:1' action='a' sid='s'><content name='audio'/><x/></jingle></iq>`,
			[]string{"iq/jingle has content, x, recorded content"}},
		{"one id for two", "xmpp", `<iq id='1' to='2'/>`, `<iq id='3' to='3'/>`, nil},
		{"two ids for one", "xmpp", `<iq id='1' to='1'/>`, `<iq id='2' to='3'/>`,
			[]string{"iq@to is 3 and was 2 before, where the recording has 1 both times"}},
		{"a text", "xmpp", `<a>b</a>`, `<a>c</a>`, []string{`a is "c", recorded "b"`}},
		{"a field's value", "colibri", `{"colibriClass":"X","a":[1]}`, `{"colibriClass":"X","a":[2]}`, []string{".a[0] is 2, recorded 1"}},
		{"a field more", "colibri", `{"a":1}`, `{"a":1,"b":2}`, []string{".b is 2, recorded absent"}},
		{"SSRCs of the bridge's choice", "colibri", `{"mappedSources":[{"ssrc":1,"rtx":2}]}`, `{"mappedSources":[{"ssrc":3,"rtx":4}]}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			want, err := readMessage(test.channel, test.want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readMessage(test.channel, test.got)
			if err != nil {
				t.Fatal(err)
			}
			if found, _ := (names{}).compare(want, got); !slices.Equal(found, test.found) {
				t.Errorf("found %q, want %q", found, test.found)
			}
		})
	}
}
