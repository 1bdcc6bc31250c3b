package scenarios

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	"gstjitsi/tests/deployment/xmltree"
)

// names knows what recorded ids, addresses and keys are called today. The same must be the same everywhere.
type names map[string]string

// comparison collects how a message differs from the recorded one.
type comparison struct {
	known names
	fresh names
	found []string
}

func (n names) compare(want, got *message) (found []string, fresh names) {
	c := &comparison{known: n, fresh: names{}}
	if want.element != nil && got.element != nil {
		c.elements(want.element.Name, want.element, got.element)
	} else {
		c.objects("", want.object, got.object)
	}
	return c.found, c.fresh
}

func (c *comparison) report(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// same notes that a recorded value is another one today, and complains when it was yet another one before.
func (c *comparison) same(where, want, got string) {
	if (want == "") != (got == "") {
		c.report("%s is %q, recorded %q", where, got, want)
		return
	}
	known, ok := c.known[want]
	if !ok {
		known, ok = c.fresh[want]
	}
	if ok && known != got {
		c.report("%s is %s and was %s before, where the recording has %s both times", where, got, known, want)
	}
	if ok || want == got {
		return
	}
	c.fresh[want] = got
	if wantBare, _, full := strings.Cut(want, "/"); full && strings.Contains(wantBare, "@") {
		if gotBare, _, full := strings.Cut(got, "/"); full && gotBare != wantBare {
			c.fresh[wantBare] = gotBare
		}
	}
}

// variable are attributes whose values are ids, addresses and keys, by element.
var variable = map[string][]string{
	"iq": {"id", "to", "from"}, "presence": {"id", "to"}, "message": {"id", "to"}, "open": {"id"}, "enabled": {"id"},
	"resumed": {"previd", "h"}, "item": {"jid"}, "actor": {"jid"}, "occupant-id": {"id"}, "jingle": {"sid"},
	"transport": {"ufrag", "pwd"}, "web-socket": {"url"}, "candidate": {"id"},
	"bridge-session": {"id"}, "c": {"ver"}, "delay": {"stamp"},
}

// free are attributes whose values have nothing to do with others.
var free = map[string][]string{"service": {"expires", "username", "password"}, "candidate": {"port"}}

func (c *comparison) elements(path string, want, got *xmltree.Element) {
	if want.Space != got.Space {
		c.report("%s is in %s, recorded %s", path, got.Space, want.Space)
	}
	attrs := map[string]bool{}
	for _, attr := range slices.Concat(want.Attrs, got.Attrs) {
		attrs[attr.Name] = true
	}
	sorted := make([]string, 0, len(attrs))
	for name := range attrs {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	for _, name := range sorted {
		where := path + "@" + name
		switch w, g := want.Attr(name), got.Attr(name); {
		case slices.Contains(free[want.Name], name):
			if (w == "") != (g == "") {
				c.report("%s is %q, recorded %q", where, g, w)
			}
		case slices.Contains(variable[want.Name], name) || name == "ssrc" && isBridges(want):
			c.same(where, w, g)
		case w != g:
			c.report("%s is %q, recorded %q", where, g, w)
		}
	}
	c.texts(path, want, got)
	wanted, gotten := inOrder(want), inOrder(got)
	if w, g := childNames(wanted), childNames(gotten); w != g {
		c.report("%s has %s, recorded %s", path, orNothing(g), orNothing(w))
	}
	for _, child := range wanted {
		i := slices.IndexFunc(gotten, func(other *xmltree.Element) bool {
			return other.Name == child.Name && other.Attr("var") == child.Attr("var")
		})
		if i >= 0 {
			c.elements(path+"/"+child.Name, child, gotten[i])
			gotten = slices.Delete(slices.Clone(gotten), i, i+1)
		}
	}
}

// isBridges says whether a source is the bridge's own.
func isBridges(e *xmltree.Element) bool { return e.Child("", "ssrc-info").Attr("owner") == "jvb" }

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// inOrder sorts what has no order: features of the stream, features and fields of forms, and sources, which the real
// focus has in a hash table.
func inOrder(parent *xmltree.Element) []*xmltree.Element {
	rank := func(e *xmltree.Element) string {
		if parent.Name == "features" {
			return e.Name + e.Space
		}
		switch {
		case e.Name == "feature" || e.Name == "field":
			return e.Name + e.Attr("var")
		case e.Name == "value" && parent.Name == "field":
			return "value" + e.Text
		case isBridges(e):
			return "source"
		case e.Name == "source" && parent.Name == "description":
			return "source" + e.Attr("ssrc")
		}
		return ""
	}
	sorted := slices.Clone(parent.Children)
	slices.SortStableFunc(sorted, func(a, b *xmltree.Element) int { return strings.Compare(rank(a), rank(b)) })
	return sorted
}

func childNames(children []*xmltree.Element) string {
	names := make([]string, len(children))
	for i, child := range children {
		names[i] = child.Name
		if id := child.Attr("var"); id != "" {
			names[i] += " " + id
		}
	}
	return strings.Join(names, ", ")
}

func (c *comparison) texts(path string, want, got *xmltree.Element) {
	w, g := want.Text, got.Text
	switch {
	case want.Name == "jid" || want.Name == "fingerprint" || isUUID(w) && isUUID(g):
		c.same(path, w, g)
	case want.Name == "json-message":
		var wanted, gotten any
		if json.Unmarshal([]byte(w), &wanted) == nil && json.Unmarshal([]byte(g), &gotten) == nil {
			c.objects(path+" ", wanted, gotten)
			return
		}
		c.report("%s is %s, recorded %s", path, g, w)
	case w != g:
		c.report("%s is %q, recorded %q", path, g, w)
	}
}

func isUUID(text string) bool {
	return len(text) == 36 && strings.Count(text, "-") == 4
}

// objects compares JSON.
func (c *comparison) objects(path string, want, got any) {
	switch want := want.(type) {
	case map[string]any:
		gotFields, _ := got.(map[string]any)
		fields := map[string]bool{}
		for name := range want {
			fields[name] = true
		}
		for name := range gotFields {
			fields[name] = true
		}
		for name := range fields {
			w, inWant := want[name]
			g, inGot := gotFields[name]
			where := path + "." + name
			switch {
			case inWant != inGot:
				c.report("%s is %s, recorded %s", where, show(g, inGot), show(w, inWant))
			case name == "estimatedDownlinkBandwidth":
			case ours(name) && (strings.Contains(path, "mappedSources") || strings.Contains(path, "jvb")):
				c.same(where, fmt.Sprintf("%.0f", w), fmt.Sprintf("%.0f", g))
			default:
				c.objects(where, w, g)
			}
		}
	case []any:
		gotList, _ := got.([]any)
		if len(gotList) != len(want) {
			c.report("%s is %s, recorded %s", path, show(got, true), show(want, true))
			return
		}
		if strings.Contains(path, "sources") && len(want) > 0 {
			want, gotList = bySSRC(want), bySSRC(gotList)
		}
		for i := range want {
			c.objects(fmt.Sprintf("%s[%d]", path, i), want[i], gotList[i])
		}
	default:
		if !reflect.DeepEqual(want, got) {
			c.report("%s is %s, recorded %s", path, show(got, true), show(want, true))
		}
	}
}

// bySSRC sorts sources, whose order is that of a hash map on the real focus.
func bySSRC(list []any) []any {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b any) int {
		first, _ := a.(map[string]any)
		second, _ := b.(map[string]any)
		x, _ := first["s"].(float64)
		y, _ := second["s"].(float64)
		return int(x - y)
	})
	return sorted
}

// ours are fields with SSRCs that the bridge chooses.
func ours(name string) bool { return name == "s" || name == "ssrc" || name == "rtx" }

func show(value any, there bool) string {
	if !there {
		return "absent"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
