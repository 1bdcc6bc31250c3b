package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
)

// relayed are the properties of one whose media goes over TURN servers alone.
const relayed = ` ice-transport-policy=relay ca-file=`

// local is the deployment of a room made by newRoomWith.
func (r *room) local() *deployment.Deployment {
	r.t.Helper()
	d, ok := r.server.(*deployment.Deployment)
	if !ok {
		r.t.Skip("this needs the local deployment")
	}
	return d
}

// Both ends send and receive over the TURN server, which each deployment offers over one transport.
func TestMediaGoesOverTURN(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			room := newRoomWith(t, deployment.Options{TURN: []string{transport}})
			over := func(pipeline string) string {
				return strings.Replace(pipeline, "{room}", "{room}"+relayed+room.local().CAFile(), 1)
			}
			anna := room.join("anna", over(bin("red", 440)))
			bert := room.join("bert", over(bin("green", 550)))
			anna.shows(0, "green")
			anna.sounds(0, 550)
			bert.shows(0, "red")
			bert.sounds(0, 440)
			anna.leave()
			bert.leave()
			if users := room.local().TURN().Allocations(); len(users) < 2 {
				t.Errorf("the TURN server has served %v:\n%s", users, room.local().TURN().Log())
			}
		})
	}
}

// What the user names is used in place of what the deployment offers.
func TestATURNServerOfTheUsersOwn(t *testing.T) {
	t.Parallel()
	owner := newRoomWith(t, deployment.Options{TURN: []string{"udp"}}) // of the server
	server := owner.local().TURN()
	user, password := server.Credentials(time.Hour)
	room := newRoom(t)
	anna := room.join("anna", bin("red", 440))
	room.join("bert", strings.Replace(bin("green", 550), "{room}",
		"{room} ice-transport-policy=relay turn-server="+server.URL("udp", user, password), 1))
	anna.shows(0, "green")
	if users := server.Allocations(); len(users) == 0 || users[0] != user {
		t.Errorf("the TURN server has served %v, want %s", users, user)
	}
}

// Credentials are asked for again before they expire, so that a session which begins later has new ones.
func TestCredentialsForTURNAreRenewed(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{TURN: []string{"udp"}, TURNLife: 10 * time.Second})
	anna := room.join("anna", bin("red", 440))
	bert := room.join("bert", strings.Replace(bin("green", 550), "{room}", "{room} ice-transport-policy=relay", 1))
	anna.shows(0, "green")
	first := room.local().TURN().Allocations()
	old := time.NewTimer(11 * time.Second) // the life of the first ones
	defer old.Stop()
	<-old.C
	moved := time.Now()
	if err := room.server.MoveSessions(room.name); err != nil {
		t.Fatal(err)
	}
	room.again(moved, events.MediaReady, bert.id)
	anna.shows(0, "green")
	later := room.local().TURN().Allocations()
	if len(first) == 0 || len(later) <= len(first) || later[len(later)-1] == first[0] {
		t.Errorf("the TURN server has served %v, later %v", first, later)
	}
}

// With all logs of GStreamer, GLib and libnice at their finest, and the pipeline drawn, no secret is to be found.
func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{TURN: []string{"udp", "tcp", "tls"}, Users: map[string]string{"alice": "wonderland"}})
	if err := room.server.CreateRoom(room.ctx, room.name); err != nil {
		t.Fatal(err)
	}
	if err := room.server.LockRoom(room.ctx, room.name, "opensesame"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	logging := func(file string) []string {
		return []string{"GST_DEBUG=9", "GST_DEBUG_FILE=" + filepath.Join(dir, file), "GST_DEBUG_DUMP_DOT_DIR=" + dir, "G_MESSAGES_DEBUG=all", "NICE_DEBUG=all"}
	}
	room.join("anna", strings.Replace(bin("red", 440), "{room}", "{room} username=alice password=wonderland room-password=opensesame", 1))
	user, password := "user", "swordfish"
	bert := room.joinWith(launch.Options{Name: "bert", Dir: dir,
		Env: logging("bert.log"),
		Pipeline: `jitsisrc name=j {room} username=alice password=wonderland room-password=opensesame token=hunter2
			turn-servers="` + room.local().TURN().URL("udp", user, password) + `,` + room.local().TURN().URL("tls", user, password) + `"
			ca-file=` + room.local().CAFile() + ` j.video_0 ! {pictures}`})
	bert.shows(0, "red")
	carol := room.joinWith(launch.Options{Name: "carol", Dir: dir, // with the deployment's own TURN servers
		Env:      logging("carol.log"),
		Pipeline: `jitsisrc name=j {room} username=alice password=wonderland room-password=opensesame ca-file=` + room.local().CAFile() + ` j.video_0 ! {pictures}`})
	carol.shows(0, "red")
	carol.leave()
	bert.leave()
	secrets := []string{"wonderland", "opensesame", "hunter2", "swordfish"}
	for _, user := range room.local().TURN().Allocations() { // carol's, as the deployment has offered them
		offered := room.local().TURN().Password(user)
		secrets = append(secrets, offered, url.QueryEscape(offered), url.PathEscape(offered), "//"+user+":")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 3 || len(secrets) <= 4 {
		t.Errorf("there are only %v, and %d secrets", files, len(secrets))
	}
	parser := regexp.MustCompile(`\b(gst_parse\w*|gstparse\.c|grammar\.y|parse\.l|gst-launch-1\.0)\b`) // they show the command line
	read := func(name, text string) {
		for line := range strings.Lines(text) {
			said := slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(line, secret) })
			if said && !parser.MatchString(line) {
				t.Errorf("%s says: %.300s", filepath.Base(name), line)
				return
			}
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		read(file, string(text))
	}
	for _, p := range []*participant{bert, carol} {
		read(p.Name, p.Output())
	}
}
