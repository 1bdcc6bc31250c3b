package conference

import (
	"gstjitsi/signaling/bridge"
	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// openChannel opens the channel of a session. What it says counts only while that session lasts.
func (s *stay) openChannel(of *session) {
	post := func(task func(*stay)) {
		s.c.inbox.push(func(s *stay) {
			if s.session == of {
				task(s)
			}
		})
	}
	of.channel = bridge.Open(bridge.Config{
		URL: of.offer.Transport.WebSocketURL, TLS: s.cfg.TLS,
		Constraints: s.constraints, VideoTypes: s.videoTypes(), Audio: s.audio, Stats: s.stats, StatsInterval: s.cfg.StatsInterval,
		Opened:   func(open bool) { post(func(s *stay) { s.emit(BridgeChannel{Open: open}) }) },
		Unknown:  func() { post(func(s *stay) { s.emit(BridgeChannel{Unknown: true}) }) },
		Received: func(m colibri.Message) { post(func(s *stay) { s.handleColibri(m) }) },
		Log:      s.cfg.Loggers.NewLogger("colibri"),
	})
}

// closeChannel doesn't wait for the end, but leaving does.
func (s *stay) closeChannel(of *session) {
	if of.channel != nil {
		s.goDo(of.channel.Close)
	}
}

func (s *stay) handleColibri(m colibri.Message) {
	switch m := m.(type) {
	case *colibri.DominantSpeaker:
		if s.speaker != m.Endpoint {
			s.speaker = m.Endpoint
			s.emit(DominantSpeaker{m.Endpoint})
		}
	case *colibri.SenderSourceConstraints:
		s.emit(SenderConstraints{SourceName: m.SourceName, MaxHeight: m.MaxHeight})
	case *colibri.VideoSourcesMap:
		s.addMapped(jingle.Video, m.Sources)
	case *colibri.AudioSourcesMap:
		s.addMapped(jingle.Audio, m.Sources)
	case *colibri.EndpointMessage:
		s.peerMessage(m.From, m.Payload)
	}
}

func (s *stay) setConstraints(r colibri.ReceiverVideoConstraints) {
	s.constraints = r
	if s.session != nil && s.session.channel != nil {
		s.session.channel.SetConstraints(r)
	}
}

func (s *stay) setAudio(r colibri.ReceiverAudioSubscription) {
	s.audio = &r
	if s.session != nil && s.session.channel != nil {
		s.session.channel.SetAudio(r)
	}
}

func (s *stay) setStats(stats colibri.OwnStats) {
	s.stats = &stats
	if s.session != nil && s.session.channel != nil {
		s.session.channel.SetStats(stats)
	}
}

// videoTypes are what the bridge must know of our video: a muted source shows nothing.
func (s *stay) videoTypes() []colibri.SourceVideoType {
	var types []colibri.SourceVideoType
	for _, source := range s.local {
		if source.Media != jingle.Video {
			continue
		}
		shows := source.VideoType
		if source.Muted || shows == "" {
			shows = jingle.NoVideo
		}
		types = append(types, colibri.SourceVideoType{SourceName: source.Name, VideoType: string(shows)})
	}
	return types
}
