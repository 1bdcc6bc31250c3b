package xmltree

import (
	"fmt"
	"sort"
	"strings"
)

// Diff says how the structure of two elements differs: names, namespaces, which attributes there are, and children
// in their order. Values of attributes are compared where same says so for the element's and the attribute's name;
// the order of attributes means nothing (Prosody shuffles it). The answer is empty when there is no difference.
func Diff(want, got *Element, same func(element, attr string) bool) string {
	var lines []string
	diff(want, got, want.Name, same, func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) })
	return strings.Join(lines, "\n")
}

func diff(want, got *Element, path string, same func(element, attr string) bool, report func(string, ...any)) {
	if want.Name != got.Name || want.Space != got.Space {
		report("%s: want <%s xmlns=%q>, got <%s xmlns=%q>", path, want.Name, want.Space, got.Name, got.Space)
		return
	}
	if w, g := attrNames(want), attrNames(got); w != g {
		report("%s: want attributes %s, got %s", path, w, g)
	}
	for _, attr := range want.Attrs {
		if same(want.Name, attr.Name) && got.Attr(attr.Name) != attr.Value {
			report("%s: want %s=%q, got %q", path, attr.Name, attr.Value, got.Attr(attr.Name))
		}
	}
	if w, g := childNames(want), childNames(got); w != g {
		report("%s: want children %s,\n\tgot %s", path, w, g)
		return
	}
	for i := range want.Children {
		diff(want.Children[i], got.Children[i], fmt.Sprintf("%s/%s[%d]", path, want.Children[i].Name, i), same, report)
	}
}

func attrNames(e *Element) string {
	names := make([]string, len(e.Attrs))
	for i, attr := range e.Attrs {
		names[i] = attr.Name
	}
	sort.Strings(names)
	return strings.Join(names, " ")
}

func childNames(e *Element) string {
	names := make([]string, len(e.Children))
	for i, child := range e.Children {
		names[i] = child.Name
	}
	return strings.Join(names, " ")
}
