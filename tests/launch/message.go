package launch

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// Message is an element message on the bus, as `gst-launch-1.0 -m` prints it.
type Message struct {
	Element string            // who posted it: "j"
	Name    string            // of its structure: "jitsi-participant-joined"
	Fields  map[string]string // without their types
}

var (
	elementMessage = regexp.MustCompile(`^Got message #\d+ from (?:element|object) "([^"]*)" \(element\): ([^,;]+)[,;](.*)$`)
	// name=(type)value: a quoted string, a bracketed value, or a plain word
	field = regexp.MustCompile(` ?([\w-]+)=\(([\w/-]+)\)("(?:[^"\\]|\\.)*"|[^,;]*)[,;]?`)
)

// ParseMessage reads a line of gst-launch's output; ok is false for all but element messages.
func ParseMessage(line string) (message Message, ok bool) {
	parts := elementMessage.FindStringSubmatch(line)
	if parts == nil {
		return Message{}, false
	}
	message = Message{Element: parts[1], Name: parts[2], Fields: map[string]string{}}
	for _, match := range field.FindAllStringSubmatch(parts[3], -1) {
		message.Fields[match[1]] = unquote(match[3])
	}
	return message, true
}

// unquote undoes GStreamer's escaping of strings: quotes around, a backslash before what isn't a letter.
func unquote(text string) string {
	if len(text) < 2 || text[0] != '"' {
		return text
	}
	var plain strings.Builder
	for i := 1; i < len(text)-1; i++ {
		if text[i] == '\\' && i < len(text)-2 {
			i++
		}
		plain.WriteByte(text[i])
	}
	return plain.String()
}

// WaitMessage waits for an element message after the mark that has this name and, each given as
// "field=value", these fields.
func (p *Process) WaitMessage(ctx context.Context, after Mark, name string, fields ...string) (Message, error) {
	found, err := wait(ctx, p, after, func(line string) (Message, bool) {
		message, ok := ParseMessage(line)
		return message, ok && message.Name == name && message.has(fields)
	})
	if err != nil {
		return Message{}, fmt.Errorf("wait for the message %s of %s %q: %w", name, p.Name, fields, err)
	}
	return found, nil
}

// Messages are the element messages of that name after the mark, up to now.
func (p *Process) Messages(after Mark, name string) []Message {
	lines, _, _ := p.output.from(int(after))
	var found []Message
	for _, line := range lines {
		if message, ok := ParseMessage(line); ok && message.Name == name {
			found = append(found, message)
		}
	}
	return found
}

func (m Message) has(fields []string) bool {
	for _, wanted := range fields {
		name, value, _ := strings.Cut(wanted, "=")
		if got, ok := m.Fields[name]; !ok || got != value {
			return false
		}
	}
	return true
}
