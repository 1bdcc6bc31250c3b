package elements

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gstjitsi/signaling/conference"
)

// The placeholders of participant-template.
const (
	holdJID         = "{jid}"
	holdJIDUser     = "{jid_user}"
	holdParticipant = "{participant_id}"
	holdNick        = "{nick}"
	holdPart        = "{part}"
)

var placeholders = []string{holdJID, holdJIDUser, holdParticipant, holdNick, holdPart}

// likePlaceholder finds what is one, or a misspelt one. Lists in caps have capital letters, digits or commas.
var likePlaceholder = regexp.MustCompile(`\{[a-z_]+\}`)

// findPlaceholders lists those of a text in their order; an error names one that does not exist.
func findPlaceholders(text string) ([]string, error) {
	found := likePlaceholder.FindAllString(text, -1)
	for _, p := range found {
		if !slices.Contains(placeholders, p) {
			return nil, fmt.Errorf("there is no placeholder %s: there are %s", p, strings.Join(placeholders, ", "))
		}
	}
	return found, nil
}

// proseProperty is the one property whose text is shown to people (textoverlay and the like). Everything else may be a file
// name, a format for file names, an address or a small language of its own.
const proseProperty = "text"

// substitution is what the placeholders stand for in one instance.
type substitution struct {
	who  conference.Participant
	part int
}

// in puts a participant's texts into the value of a property: as they are where people read them, else harmless.
func (s substitution) in(property, value string) string {
	return likePlaceholder.ReplaceAllStringFunc(value, func(p string) string {
		if p == holdPart {
			return strconv.Itoa(s.part)
		}
		if property == proseProperty {
			return printable(s.text(p))
		}
		return cmp.Or(harmless(s.text(p)), harmless(s.who.ID), "participant")
	})
}

// text is what a placeholder stands for; a JID that the room does not show is empty.
func (s substitution) text(placeholder string) string {
	switch placeholder {
	case holdNick:
		return s.who.Nick
	case holdParticipant:
		return s.who.ID
	case holdJID:
		return s.who.JID
	case holdJIDUser:
		user, _, _ := strings.Cut(s.who.JID, "@")
		return user
	}
	return ""
}

// harmlessBytes is how long a text in a file name may be: names have 255 bytes at most, and may be made of several texts.
const harmlessBytes = 100

// harmless makes a text that can be part of a file name and nothing more: letters and digits of any script, and a few signs.
// What is left out becomes one underscore: separators, control characters, signs of formats (%), and dots in front, which
// would hide a file or lead to another folder.
func harmless(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range text {
		keep := r != unicode.ReplacementChar && (unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune("-_+@", r) ||
			r == '.' && b.Len() > 0 && !gap)
		if !keep {
			gap = true
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		if b.Len()+len(string(r)) > harmlessBytes {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimPrefix(b.String(), "_")
}

// printableRunes is how much of a text is shown.
const printableRunes = 200

// printable makes a text that can be shown on one line.
func printable(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > printableRunes {
			break
		}
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// numbered puts a counter in front of a file name's extension; the first one has none.
func numbered(file string, n int) string {
	if n < 2 {
		return file
	}
	dot := strings.LastIndexByte(file, '.')
	if dot <= strings.LastIndexByte(file, '/')+1 {
		dot = len(file)
	}
	return fmt.Sprintf("%s-%d%s", file[:dot], n, file[dot:])
}
