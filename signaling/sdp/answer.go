package sdp

import (
	"fmt"
	"strconv"
	"strings"
)

// Answer is what webrtcbin's answer tells that the bridge must know.
type Answer struct {
	Ufrag, Pwd string
	Setup      string            // active or passive
	RTX        map[uint32]uint32 // SSRC of a stream of ours -> SSRC of its retransmissions, which webrtcbin picks
}

// ParseAnswer reads webrtcbin's answer.
func ParseAnswer(text string) (Answer, error) {
	a := Answer{RTX: map[uint32]uint32{}}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		switch name {
		case "a=ice-ufrag":
			a.Ufrag = value
		case "a=ice-pwd":
			a.Pwd = value
		case "a=setup":
			a.Setup = value
		case "a=ssrc-group":
			if err := a.group(value); err != nil {
				return Answer{}, err
			}
		}
	}
	if a.Ufrag == "" || a.Pwd == "" || a.Setup == "" {
		return Answer{}, fmt.Errorf("answer lacks ice-ufrag, ice-pwd or setup")
	}
	return a, nil
}

func (a *Answer) group(value string) error {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "FID" {
		return nil
	}
	primary, err := strconv.ParseUint(f[1], 10, 32)
	if err != nil {
		return fmt.Errorf("ssrc-group %q: %w", value, err)
	}
	rtx, err := strconv.ParseUint(f[2], 10, 32)
	if err != nil {
		return fmt.Errorf("ssrc-group %q: %w", value, err)
	}
	a.RTX[uint32(primary)] = uint32(rtx)
	return nil
}
