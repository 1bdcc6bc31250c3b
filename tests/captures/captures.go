// Package captures gives tests the recordings of real servers and clients that are in its folder.
package captures

import (
	"bufio"
	"compress/gzip"
	"embed"
	"fmt"
	"strings"
	"time"
)

//go:embed *.log.gz
var files embed.FS

// Line is one line of a recording.
type Line struct {
	Time      time.Time
	Client    string // the second part of the file's name, such as alice
	Channel   string // xmpp, colibri, event or note
	Direction string // C>S, S>C, --- or what happened to a connection: OPEN, OPENED, CLOSED
	Text      string
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
		lines = append(lines, Line{Time: at, Client: client, Channel: fields[1], Direction: fields[2], Text: fields[3]})
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read recording %s: %w", name, err)
	}
	return lines, nil
}
