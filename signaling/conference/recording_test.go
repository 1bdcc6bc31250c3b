package conference

import (
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gstjitsi/tests/captures"
)

type line = captures.Line

func recordings(t testing.TB) []string {
	t.Helper()
	names, err := captures.Names()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func readRecording(t testing.TB, name string) []line {
	t.Helper()
	lines, err := captures.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// firstMatch is the first group of pattern in the first line of channel and direction that it matches.
func firstMatch(lines []line, channel, direction, pattern string) string {
	expression := regexp.MustCompile(pattern)
	for _, l := range lines {
		if m := expression.FindStringSubmatch(l.Text); m != nil && l.Is(channel, direction) {
			return m[1]
		}
	}
	return ""
}

// attribute is that of the outermost element.
func attribute(stanza, name string) string {
	head, _, _ := strings.Cut(stanza, ">")
	if m := regexp.MustCompile(` ` + name + `=["']([^"']*)["']`).FindStringSubmatch(head); m != nil {
		return m[1]
	}
	return ""
}

// facts is what a stanza says: a line for each element below the outermost one, with the names, attributes and
// texts of all elements around it, sorted. Neither the order of elements nor prefixes count.
func facts(t testing.TB, stanza string) []string {
	t.Helper()
	var path, out []string
	decoder := xml.NewDecoder(strings.NewReader(stanza))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			slices.Sort(out)
			return slices.Compact(out)
		}
		if err != nil {
			t.Fatalf("%v in %s", err, stanza)
		}
		switch token := token.(type) {
		case xml.StartElement:
			step := token.Name.Local
			var attributes []string
			for _, a := range token.Attr {
				if a.Name.Local != "xmlns" && len(path) > 0 {
					attributes = append(attributes, a.Name.Local+"="+a.Value)
				}
			}
			slices.Sort(attributes)
			path = append(path, step+"["+strings.Join(attributes, " ")+"]")
			if len(path) > 1 {
				out = append(out, token.Name.Space+": "+strings.Join(path[1:], "/"))
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				out = append(out, strings.Join(path[1:], "/")+" "+text)
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}
