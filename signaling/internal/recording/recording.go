// Package recording reads what real servers and real web clients said to each other, for tests: a file a client,
// its lines time, channel, direction and payload, separated by tabs, compressed by gzip. Lines of the browser's own
// peer connection are left out.
package recording

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Line is one line of a recording.
type Line struct {
	Number    int
	Time      time.Time
	Channel   string // xmpp, colibri, event (what the recorded client understood), note
	Direction string // C>S, S>C, OPENED, CLOSED, …
	Payload   string
}

// Is says whether the line is of this channel and direction.
func (l Line) Is(channel, direction string) bool {
	return l.Channel == channel && l.Direction == direction
}

// Files are the recordings in a directory.
func Files(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.log.gz"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no recordings in %s", dir)
	}
	return files, err
}

// Read reads one recording.
func Read(file string) ([]Line, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var lines []Line
	scanner := bufio.NewScanner(text)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		fields := append(strings.SplitN(scanner.Text(), "\t", 4), "", "")
		at, err := time.Parse(time.RFC3339, fields[0])
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, len(lines)+1, err)
		}
		lines = append(lines, Line{len(lines) + 1, at, fields[1], fields[2], fields[3]})
	}
	return lines, scanner.Err()
}

// ids are what differs between texts that say the same of different things: hexadecimal and other numbers.
var ids = regexp.MustCompile(`[0-9a-f]{6,}|[0-9]+`)

// Payloads are what all recordings in a directory hold of a channel, both directions. Of those that differ in their ids alone it
// is the first: fuzzing begins with trying them all, and spends its time better on what is new.
func Payloads(dir, channel string) ([]string, error) {
	files, err := Files(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	seen := map[string]bool{}
	for _, file := range files {
		lines, err := Read(file)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			if shape := ids.ReplaceAllString(l.Payload, "0"); (l.Is(channel, "C>S") || l.Is(channel, "S>C")) && !seen[shape] {
				seen[shape] = true
				out = append(out, l.Payload)
			}
		}
	}
	return out, nil
}
