package conference

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The recordings are of real servers with real web clients, a file a client: time, channel, direction, payload,
// separated by tabs. Lines of the browser's own peer connection are left out here.

// line is one line of a recording.
type line struct {
	number    int
	time      time.Time
	channel   string // xmpp, colibri, event, note
	direction string // C>S, S>C, OPENED, CLOSED, …
	payload   string
}

func (l line) is(channel, direction string) bool {
	return l.channel == channel && l.direction == direction
}

func recordings(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/recordings/*.log.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	return files
}

func readRecording(t testing.TB, file string) []line {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var lines []line
	scanner := bufio.NewScanner(text)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		fields := append(strings.SplitN(scanner.Text(), "\t", 4), "", "")
		at, err := time.Parse(time.RFC3339, fields[0])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line{len(lines) + 1, at, fields[1], fields[2], fields[3]})
	}
	if scanner.Err() != nil {
		t.Fatal(scanner.Err())
	}
	return lines
}

// firstMatch is the first group of pattern in the first line of channel and direction that it matches.
func firstMatch(lines []line, channel, direction, pattern string) string {
	expression := regexp.MustCompile(pattern)
	for _, l := range lines {
		if m := expression.FindStringSubmatch(l.payload); m != nil && l.is(channel, direction) {
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
