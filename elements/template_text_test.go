package elements

import (
	"strings"
	"testing"
	"unicode/utf8"

	"gstjitsi/signaling/conference"
)

func TestTextsOfParticipantsAreHarmlessInFileNames(t *testing.T) {
	for text, want := range map[string]string{
		"Anna":                             "Anna",
		"Anna Bell":                        "Anna_Bell",
		"Jürgen-李_2":                       "Jürgen-李_2",
		`" ! filesink location=x`:          "filesink_location_x",
		"../../x":                          "x",
		"..":                               "",
		".hidden":                          "hidden",
		"a/../b":                           "a_b",
		`a\b`:                              "a_b",
		"x\ny":                             "x_y",
		"a\x00b":                           "a_b",
		"a\xffb":                           "a_b",
		"%s%n%05d":                         "s_n_05d",
		"key=value live=1":                 "key_value_live_1",
		"{participant_id}":                 "participant_id",
		"$(id)`id`;id":                     "id_id_id",
		"":                                 "",
		"\u202egpj.exe":                    "gpj.exe",
		"v1.2":                             "v1.2",
		"uuid@meet.example/res":            "uuid@meet.example_res",
		strings.Repeat("é", 1000):          strings.Repeat("é", harmlessBytes/2),
		strings.Repeat("x", 99) + "é" + "": strings.Repeat("x", 99),
	} {
		got := harmless(text)
		if got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if len(got) > harmlessBytes || !utf8.ValidString(got) {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func FuzzHarmless(f *testing.F) {
	for _, seed := range []string{"Anna", "../../x", `" ! filesink location=x`, "a\x00\xff/.%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := harmless(text)
		if strings.ContainsAny(got, "/\\\"'%!={}\x00\n ") || strings.HasPrefix(got, ".") || len(got) > harmlessBytes || !utf8.ValidString(got) {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}

func TestPlaceholdersAreReplaced(t *testing.T) {
	anna := conference.Participant{ID: "5410b27b", Nick: "Anna/Bell", JID: "a1@meet.example/x"}
	for _, c := range []struct {
		who                   conference.Participant
		property, value, want string
	}{
		{anna, "location", "rec/{nick}-{participant_id}-{part}.mkv", "rec/Anna_Bell-5410b27b-3.mkv"},
		{anna, "location", "{jid}.{jid_user}", "a1@meet.example_x.a1"},
		{anna, "text", "{nick}:", "Anna/Bell:"},
		{conference.Participant{ID: "5410b27b", Nick: "a\nb"}, "text", "{nick}", "a b"},
		{conference.Participant{ID: "5410b27b"}, "location", "{nick}-{jid}.mkv", "5410b27b-5410b27b.mkv"},
		{conference.Participant{ID: "../.."}, "location", "{nick}.mkv", "participant.mkv"},
		{conference.Participant{ID: "5410b27b", Nick: "{jid}"}, "text", "{nick}", "{jid}"},
	} {
		if got := (substitution{c.who, 3}).in(c.property, c.value); got != c.want {
			t.Errorf("%s of %+v: %q, want %q", c.value, c.who, got, c.want)
		}
	}
}

func TestAMisspeltPlaceholderIsNamed(t *testing.T) {
	if _, err := findPlaceholders("location={nickname}.mkv"); err == nil || !strings.Contains(err.Error(), "{nickname}") {
		t.Errorf("got %v", err)
	}
	if found, err := findPlaceholders("video/x-raw,format={NV12,I420} {nick} {nick}"); err != nil || len(found) != 2 {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestTheCounterStandsInFrontOfTheExtension(t *testing.T) {
	for _, c := range []struct {
		file string
		n    int
		want string
	}{
		{"a.mkv", 1, "a.mkv"}, {"a.mkv", 2, "a-2.mkv"}, {"rec.d/a", 2, "rec.d/a-2"}, {"rec.d/.a", 2, "rec.d/.a-2"}, {"a.tar.gz", 3, "a.tar-3.gz"},
	} {
		if got := numbered(c.file, c.n); got != c.want {
			t.Errorf("%s, %d: %s, want %s", c.file, c.n, got, c.want)
		}
	}
}
