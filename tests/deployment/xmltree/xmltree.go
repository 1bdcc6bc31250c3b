// Package xmltree holds XML as a plain tree, for the side of the wire that the tests play: stanzas are built
// element by element in the recorded order, and compared with recordings.
package xmltree

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Element is one XML element. It has either text or children; Jitsi's stanzas never mix them.
type Element struct {
	Space    string // the namespace; empty means the parent's
	Name     string
	Attrs    []Attr
	Children []*Element
	Text     string
}

// Attr is an attribute. Name keeps the prefix of xml:lang.
type Attr struct{ Name, Value string }

// New makes an element with attributes given as name, value, name, value, …
func New(space, name string, attrs ...string) *Element {
	e := &Element{Space: space, Name: name}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.Set(attrs[i], attrs[i+1])
	}
	return e
}

// Add appends children and returns the element.
func (e *Element) Add(children ...*Element) *Element {
	for _, child := range children {
		if child != nil {
			e.Children = append(e.Children, child)
		}
	}
	return e
}

// SetText sets the text and returns the element.
func (e *Element) SetText(text string) *Element {
	e.Text = text
	return e
}

// Attr gives an attribute's value, empty when there is none. It can be called on nil.
func (e *Element) Attr(name string) string {
	if e == nil {
		return ""
	}
	for _, attr := range e.Attrs {
		if attr.Name == name {
			return attr.Value
		}
	}
	return ""
}

// Set changes or adds an attribute.
func (e *Element) Set(name, value string) {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			e.Attrs[i].Value = value
			return
		}
	}
	e.Attrs = append(e.Attrs, Attr{name, value})
}

// Child gives the first child of that name, in any namespace when space is empty; nil when there is none. It can
// be called on nil.
func (e *Element) Child(space, name string) *Element {
	for _, child := range e.All(space, name) {
		return child
	}
	return nil
}

// All gives the children of that name, in any namespace when space is empty.
func (e *Element) All(space, name string) []*Element {
	if e == nil {
		return nil
	}
	var found []*Element
	for _, child := range e.Children {
		if child.Name == name && (space == "" || child.Space == space) {
			found = append(found, child)
		}
	}
	return found
}

// Parse reads one element. Namespaces are filled in on each element.
func Parse(text string) (*Element, error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	var stack []*Element
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &Element{Space: token.Name.Space, Name: token.Name.Local}
			for _, attr := range token.Attr {
				switch {
				case attr.Name.Space == "xmlns" || attr.Name.Space == "" && attr.Name.Local == "xmlns":
				case attr.Name.Space == "":
					e.Set(attr.Name.Local, attr.Value)
				case attr.Name.Space == "http://www.w3.org/XML/1998/namespace" || attr.Name.Space == "xml":
					e.Set("xml:"+attr.Name.Local, attr.Value)
				}
			}
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				parent.Children = append(parent.Children, e)
			}
			stack = append(stack, e)
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].Text += string(token)
			}
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(stack) == 0 {
				return e, nil
			}
		}
	}
}

// String writes the element as XML.
func (e *Element) String() string {
	var b strings.Builder
	e.write(&b, "")
	return b.String()
}

func (e *Element) write(b *strings.Builder, outer string) {
	b.WriteByte('<')
	b.WriteString(e.Name)
	space := e.Space
	if space == "" {
		space = outer
	}
	if space != outer {
		b.WriteString(` xmlns="`)
		escape(b, space)
		b.WriteByte('"')
	}
	for _, attr := range e.Attrs {
		b.WriteByte(' ')
		b.WriteString(attr.Name)
		b.WriteString(`="`)
		escape(b, attr.Value)
		b.WriteByte('"')
	}
	if len(e.Children) == 0 && e.Text == "" {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	escape(b, e.Text)
	for _, child := range e.Children {
		child.write(b, space)
	}
	b.WriteString("</")
	b.WriteString(e.Name)
	b.WriteByte('>')
}

func escape(b *strings.Builder, text string) {
	// Writing to a strings.Builder can't fail.
	_ = xml.EscapeText(b, []byte(text))
}
