// Package scenarios plays recorded conferences against the local deployment and compares what it sends with what the
// real servers sent. What stays different is listed in differences_test.go; anything else fails the test.
package scenarios

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/captures"
	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/prosody"
	"gstjitsi/tests/deployment/xmltree"
)

// scenario is a set of recordings that were made at the same time.
type scenario struct {
	name    string // the first part of the recordings' names
	options deployment.Options
}

func (s scenario) room() string { return "cap-" + s.name }

var scenarios = []scenario{
	{name: "a"},
	{name: "b"},
	{name: "c"},
	{name: "d-vp8"},
	{name: "d-vp9"},
	{name: "d-h264"},
	{name: "d-av1"},
	{name: "e-rewriting", options: deployment.Options{SSRCRewriting: true}},
	{name: "e-rewriting-mid", options: deployment.Options{SSRCRewriting: true}},
	{name: "f", options: deployment.Options{NoMID: true}},
	{name: "f2", options: deployment.Options{NoMID: true}},
	{name: "f3", options: deployment.Options{NoMID: true}},
	{name: "f4", options: deployment.Options{NoMID: true}},
	{name: "g", options: deployment.Options{AloneTimeout: 2 * time.Second}},
	{name: "h"},
	{name: "i", options: deployment.Options{NoMID: true}},
	{name: "j-nojson"},
	{name: "j-minimal"},
	{name: "k"},
	{name: "l"},
	{name: "nomid-a", options: deployment.Options{NoMID: true}},
}

func TestDeploymentBehavesAsRecorded(t *testing.T) {
	features := recordedFeatures(t)
	all := &accepted{seen: map[int]bool{}}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) { s.play(t, features, all) })
	}
	if all.scenarios() == len(scenarios) {
		for _, d := range all.unseen() {
			t.Errorf("listed, but it no longer occurs: %s: %s: %q", d.where, d.key, d.text)
		}
	}
}

func (s scenario) play(t *testing.T, features map[string]*xmltree.Element, all *accepted) {
	all.begin()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	options := s.options
	options.Domain = "jitsi.test"
	options.Services = recordedServices
	local, err := deployment.Start(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { local.Close() })
	p := &player{t: t, scenario: s, local: local, ctx: ctx, clients: map[string]*client{}, known: names{},
		features: features, accepted: all, latest: map[string]int{}}
	p.play(s.lines(t))
}

// recordedServices are those of the recorded deployment.
var recordedServices = []prosody.Service{
	{Type: "stun", Host: "127.0.0.1", Port: 3478},
	{Type: "turn", Host: "127.0.0.1", Port: 3478, Transport: "udp", Secret: "x"},
	{Type: "turns", Host: "127.0.0.1", Port: 5349, Transport: "tcp", Secret: "x"},
}

// lines brings the clients' recordings in one order, without what was noted more than once.
func (s scenario) lines(t *testing.T) []captures.Line {
	all, err := captures.Names()
	if err != nil {
		t.Fatal(err)
	}
	var lines []captures.Line
	for _, name := range all {
		if name[:strings.LastIndexByte(name, '-')] != s.name {
			continue
		}
		own, err := captures.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, own...)
	}
	slices.SortStableFunc(lines, func(a, b captures.Line) int { return a.Time.Compare(b.Time) })
	if end := slices.IndexFunc(lines, func(line captures.Line) bool { return line.Channel == "note" && line.Text == cut[s.name].at }); end >= 0 {
		lines = lines[:end]
	}
	noted := map[string]bool{}
	return slices.DeleteFunc(lines, func(line captures.Line) bool {
		again := line.Channel == "note" && noted[line.Text]
		noted[line.Text] = true
		return again || line.Channel == "event"
	})
}

// recordedFeatures are the answers of all clients to disco#info, by node.
func recordedFeatures(t *testing.T) map[string]*xmltree.Element {
	features := map[string]*xmltree.Element{}
	all, err := captures.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		lines, err := captures.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if line.Channel != "xmpp" || line.Direction != "C>S" || !strings.Contains(line.Text, nsDiscoInfo) {
				continue
			}
			e, err := xmltree.Parse(line.Text)
			if err != nil {
				t.Fatal(err)
			}
			if query := e.Child(nsDiscoInfo, "query"); e.Attr("type") == "result" && query != nil {
				features[query.Attr("node")] = query
			}
		}
	}
	return features
}
