package elements

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-gst/go-glib/pkg/glib/v2"
	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
)

// template is the text of participant-template or recv-pipeline, found right: what it describes can be built.
type template struct {
	property string
	text     string
	media    []jingle.Media // for which it has an element
}

// bothMedia is what elements of a template can be named after.
var bothMedia = []jingle.Media{jingle.Audio, jingle.Video}

// parseParticipantTemplate checks the text of participant-template.
func parseParticipantTemplate(text string) (*template, error) {
	t, bin, err := parseTemplate("participant-template", text)
	if err != nil || t == nil {
		return nil, err
	}
	defer gobject.UnsafeObjectUnref(bin)
	wanted, err := findPlaceholders(text)
	if err != nil {
		return nil, t.wrap(err)
	}
	var found []string
	for _, value := range placedTexts(bin) {
		in, _ := findPlaceholders(value.text)
		found = append(found, in...)
	}
	for _, p := range wanted {
		i := slices.Index(found, p)
		if i < 0 {
			return nil, t.wrap(fmt.Errorf("%s can't be replaced where it stands: it must be in the text of an element's property", p))
		}
		found = slices.Delete(found, i, i+1)
	}
	return t, nil
}

// parseRecvPipeline checks the text of recv-pipeline.
func parseRecvPipeline(text string) (*template, error) {
	t, bin, err := parseTemplate("recv-pipeline", text)
	if err != nil || t == nil {
		return nil, err
	}
	defer gobject.UnsafeObjectUnref(bin)
	for _, m := range t.media {
		if requestTemplate(bin.GetByName(string(m)), m) == nil {
			return nil, t.wrap(fmt.Errorf("element %q gives no pad for each stream as a mixer does", m))
		}
	}
	return t, nil
}

// parseTemplate finds what is wrong with a text, whatever it is for. Without a text there is no template.
func parseTemplate(property, text string) (*template, gst.Bin, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil, nil
	}
	t := &template{property: property, text: text}
	bin, err := t.build()
	if err != nil {
		return nil, nil, err
	}
	for _, m := range bothMedia {
		e := bin.GetByName(string(m))
		if e == nil {
			continue
		}
		if freeSink(e) == nil && requestTemplate(e, m) == nil {
			err = errors.Join(err, fmt.Errorf("element %q has no sink pad that is free", m))
		}
		t.media = append(t.media, m)
	}
	if len(t.media) == 0 {
		err = errors.New(`no element is named "audio" or "video"`)
	}
	if err != nil {
		gobject.UnsafeObjectUnref(bin)
		return nil, nil, t.wrap(err)
	}
	return t, bin, nil
}

func (t *template) wrap(err error) error { return fmt.Errorf("%s: %w", t.property, err) }

// build makes what the text describes.
func (t *template) build() (gst.Bin, error) {
	e, err := gst.ParseBinFromDescriptionFull(t.text, false, nil, gst.ParseFlagFatalErrors)
	if err != nil {
		if e != nil {
			gobject.UnsafeObjectUnref(e)
		}
		return nil, t.wrap(t.locate(err))
	}
	bin, ok := e.(gst.Bin)
	if !ok {
		return nil, t.wrap(errors.New("nothing in it"))
	}
	return bin, nil
}

var quoted = regexp.MustCompile(`"([^"]+)"`)

// locate says in which place of the text an error is, where it can be told.
func (t *template) locate(err error) error {
	var parse *glib.GError
	if errors.As(err, &parse) && parse.Quark() == uint32(gst.ParseErrorQuark()) && parse.ErrorCode() == int(gst.ParseErrorSyntax) {
		return fmt.Errorf("syntax error in %q", t.text)
	}
	if word := quoted.FindStringSubmatch(err.Error()); word != nil {
		if at := strings.Index(t.text, word[1]); at >= 0 {
			return fmt.Errorf("at character %d: %w", at+1, err)
		}
	}
	return err
}

// placedText is the text of one string property of an element.
type placedText struct {
	element        gst.Element
	property, text string
}

// placedTexts lists the texts of a template's elements that hold a placeholder, and the names of the files that its sinks write.
func placedTexts(bin gst.Bin) []placedText {
	var list []placedText
	for child := range bin.IterateElements().Values() {
		e := child.(gst.Element)
		for property, text := range gstx.StringProperties(e) {
			if likePlaceholder.MatchString(text) || property == "location" && text != "" && gstx.IsSink(e) {
				list = append(list, placedText{e, property, text})
			}
		}
		if inside, ok := e.(gst.Bin); ok && e.GetFactory().GetName() == "bin" {
			list = append(list, placedTexts(inside)...)
		}
	}
	return list
}

// isFile says whether the text names what a sink writes to, which two instances must not share.
func (p placedText) isFile() bool {
	return p.property != proseProperty && gstx.IsSink(p.element) && !strings.Contains(p.text, "://")
}

// personalise puts a participant's texts into an instance, and counts its part up until it writes to no file that another
// one has written to. It returns the part's number and the names of its files.
func personalise(bin gst.Bin, s substitution, written map[string]bool) (part int, files []string) {
	texts := placedTexts(bin)
	for ; ; s.part++ {
		values := make([]string, len(texts))
		files = nil
		taken := false
		for i, p := range texts {
			values[i] = s.in(p.property, p.text)
			if !p.isFile() {
				continue
			}
			if !strings.Contains(p.text, holdPart) {
				values[i] = numbered(values[i], s.part)
			}
			taken = taken || written[values[i]]
			files = append(files, values[i])
		}
		if taken {
			continue
		}
		for i, p := range texts {
			gstx.SetString(p.element, p.property, values[i])
		}
		for _, file := range files {
			written[file] = true
		}
		return s.part, files
	}
}

// streamSink is the pad of an element that takes a stream: its only one, or one that is made for it.
func streamSink(e gst.Element, m jingle.Media) (gst.Pad, error) {
	if pad := freeSink(e); pad != nil {
		return pad, nil
	}
	if t := requestTemplate(e, m); t != nil {
		if pad := e.RequestPadSimple(templateName(t)); pad != nil {
			return pad, nil
		}
	}
	return nil, fmt.Errorf("element %s gives no sink pad", e.GetName())
}

// freeSink is a sink pad that is always there and linked to nothing.
func freeSink(e gst.Element) gst.Pad {
	for p := range e.IterateSinkPads().Values() {
		pad := p.(gst.Pad)
		if t := pad.GetPadTemplate(); !pad.IsLinked() && (t == nil || presence(t) == gst.PadAlways) {
			return pad
		}
	}
	return nil
}

// requestTemplate is for sink pads that an element makes for each stream of a medium.
func requestTemplate(e gst.Element, m jingle.Media) gst.PadTemplate {
	caps := gst.CapsFromString(media.PadCaps(m))
	for _, t := range e.GetPadTemplateList() {
		if direction(t) == gst.PadSink && presence(t) == gst.PadRequest && t.GetCaps().CanIntersect(caps) {
			return t
		}
	}
	return nil
}

func presence(t gst.PadTemplate) gst.PadPresence {
	p, _ := t.ObjectProperty("presence").(gst.PadPresence)
	return p
}

func templateName(t gst.PadTemplate) string {
	name, _ := t.ObjectProperty("name-template").(string)
	return name
}

func direction(t gst.PadTemplate) gst.PadDirection {
	d, _ := t.ObjectProperty("direction").(gst.PadDirection)
	return d
}

// prune takes an element out that nothing will feed, and what is behind it that nothing else feeds: a muxer would wait for
// it for ever.
func prune(bin gst.Bin, e gst.Element) {
	for p := range e.IterateSrcPads().Values() {
		pad := p.(gst.Pad)
		peer := pad.GetPeer()
		if peer == nil {
			continue
		}
		pad.Unlink(peer)
		next := peer.GetParentElement()
		if next == nil {
			continue
		}
		if t := peer.GetPadTemplate(); t != nil && presence(t) == gst.PadRequest {
			next.ReleaseRequestPad(peer)
		}
		if !isFed(next) {
			prune(bin, next)
		}
	}
	e.SetState(gst.StateNull)
	if parent, ok := e.GetParent().(gst.Bin); ok {
		parent.Remove(e)
	}
}

// isFed says whether an element gets anything.
func isFed(e gst.Element) bool {
	for p := range e.IterateSinkPads().Values() {
		if p.(gst.Pad).IsLinked() {
			return true
		}
	}
	return false
}
