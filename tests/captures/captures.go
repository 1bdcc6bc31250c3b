// Package captures gives tests the recordings of real servers and clients that are in its folder.
package captures

import (
	"bufio"
	"compress/gzip"
	"embed"
	"fmt"
	"regexp"
	"strings"
	"time"
)

//go:embed *.log.gz
var files embed.FS

// Line is one line of a recording.
type Line struct {
	Number    int // from 1
	Time      time.Time
	Client    string // the second part of the file's name, such as alice
	Channel   string // xmpp, colibri, event or note
	Direction string // C>S, S>C, --- or what happened to a connection: OPEN, OPENED, CLOSED
	Text      string
}

// Is says whether the line is of this channel and direction.
func (l Line) Is(channel, direction string) bool {
	return l.Channel == channel && l.Direction == direction
}

// Names lists the recordings.
func Names() ([]string, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		names = append(names, strings.TrimSuffix(entry.Name(), ".log.gz"))
	}
	return names, nil
}

// Read gives a recording's lines, such as those of a-alice.
func Read(name string) ([]Line, error) {
	file, err := files.Open(name + ".log.gz")
	if err != nil {
		return nil, fmt.Errorf("read recording %s: %w", name, err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("read recording %s: %w", name, err)
	}
	client := name[strings.LastIndexByte(name, '-')+1:]
	var lines []Line
	scanner := bufio.NewScanner(unpacked)
	const longest = 1 << 20
	scanner.Buffer(nil, longest)
	for scanner.Scan() {
		fields := strings.SplitN(scanner.Text(), "\t", 4)
		if len(fields) != 4 {
			return nil, fmt.Errorf("read recording %s: line %d has %d fields", name, len(lines)+1, len(fields))
		}
		at, err := time.Parse(time.RFC3339, fields[0])
		if err != nil {
			return nil, fmt.Errorf("read recording %s: %w", name, err)
		}
		lines = append(lines, Line{Number: len(lines) + 1, Time: at, Client: client, Channel: fields[1], Direction: fields[2], Text: fields[3]})
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read recording %s: %w", name, err)
	}
	return lines, nil
}

// ids are what differs between texts that say the same of different things: hexadecimal and other numbers.
var ids = regexp.MustCompile(`[0-9a-f]{6,}|[0-9]+`)

// Payloads are what all recordings hold of a channel, both directions. Of those that differ in their ids alone it is the first:
// fuzzing begins with trying them all, and spends its time better on what is new.
func Payloads(channel string) ([]string, error) {
	names, err := Names()
	if err != nil {
		return nil, err
	}
	var out []string
	seen := map[string]bool{}
	for _, name := range names {
		lines, err := Read(name)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			if shape := ids.ReplaceAllString(l.Text, "0"); (l.Is(channel, "C>S") || l.Is(channel, "S>C")) && !seen[shape] {
				seen[shape] = true
				out = append(out, l.Text)
			}
		}
	}
	return out, nil
}
