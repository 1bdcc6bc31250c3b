package robot

import (
	"context"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"gstjitsi/signaling/jingle"
)

// player sends a film over a path, in real time, and obeys the bridge: it sends again what was lost and begins anew
// with a key frame when it is asked to.
type player struct {
	path *path
	sent func(Sent)

	mu       sync.Mutex // guards the streams and what follows
	film     *Film
	next     *Film // to be played instead
	streams  map[jingle.Media]*stream
	sequence uint16 // transport-wide
	restart  bool
}

func newPlayer(film *Film, offer *jingle.SessionInitiate, sent func(Sent), red bool) *player {
	p := &player{film: film, sent: sent, streams: map[jingle.Media]*stream{}}
	for _, media := range []struct {
		description jingle.Description
		codec       string
		there       bool
	}{
		{offer.Audio, "opus", film.has(false)},
		{offer.Video, film.codec, film.has(true)},
	} {
		if s, ok := newStream(media.description, media.codec, &p.sequence); ok && media.there {
			if red {
				s.useRED()
			}
			p.streams[media.description.Media] = s
		}
	}
	return p
}

// reportEvery is how often a robot sends sender reports.
const reportEvery = time.Second

// play plays until the context ends.
func (p *player) play(ctx context.Context) {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for round := time.Duration(0); ; {
		restarted, film := false, p.current()
		for index, f := range film.frames {
			timer.Reset(time.Until(start.Add(round + f.at)))
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
			if index > 0 && f.video && p.wantsKeyFrame() {
				round, restarted = round+f.at, true
				break
			}
			p.send(f, round+f.at)
		}
		if !restarted {
			round += film.length
		}
	}
}

// current is the film to play from here on. A codec that the bridge did not offer is not sent: the film before goes on.
func (p *player) current() *Film {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.streams[jingle.Video]; p.next != nil && (s == nil || p.next.codec == "" || s.use(p.next.codec)) {
		p.film = p.next
	}
	p.next = nil
	return p.film
}

// change goes on with another film, whose video may be of another codec.
func (p *player) change(film *Film) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.restart = film, true
}

func (p *player) wantsKeyFrame() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.restart
	p.restart = false
	return asked
}

func (p *player) send(f frame, at time.Duration) {
	media := jingle.Audio
	if f.video {
		media = jingle.Video
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.streams[media]
	if s == nil {
		return
	}
	if p.sent != nil {
		p.sent(Sent{Media: media, At: time.Now(), Frame: f.at})
	}
	for _, packet := range s.packetise(f, at) {
		p.write(s, s.redundant(packet))
	}
	if now := time.Now(); now.Sub(s.lastReport) >= reportEvery {
		s.lastReport = now
		if raw, err := rtcp.Marshal([]rtcp.Packet{s.report(now, at)}); err == nil {
			_ = p.path.sendRTCP(raw) // a path that is gone ends with its session
		}
	}
}

func (p *player) write(s *stream, packet *rtp.Packet) {
	raw, err := s.marshal(packet)
	if err == nil {
		_ = p.path.sendRTP(raw) // a path that is gone ends with its session
	}
}

// feedback obeys the bridge.
func (p *player) feedback(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			p.restart = true
		case *rtcp.TransportLayerNack:
			p.repeat(packet)
		}
	}
}

func (p *player) repeat(nack *rtcp.TransportLayerNack) {
	for _, s := range p.streams {
		if s.ssrc != nack.MediaSSRC {
			continue
		}
		for _, pair := range nack.Nacks {
			for _, sequence := range pair.PacketList() {
				if again := s.repeat(sequence); again != nil {
					p.write(s, again)
				}
			}
		}
	}
}
