package configjs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gstjitsi/signaling/guard"
)

func FuzzEval(f *testing.F) {
	files, err := filepath.Glob("testdata/*.js")
	if err != nil || len(files) == 0 {
		f.Fatal("no scripts: ", err)
	}
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(script))
	}
	f.Add("var config = { hosts: { domain: 'a' + location.host }, websocket: `wss://${subdomain}x` };")
	f.Add("<!--#if expr='a' --> var config = {}; config.self = config; throw config")
	paths := []string{"hosts.domain", "hosts.muc", "websocket", "self.self.bosh"}
	f.Fuzz(func(t *testing.T, script string) {
		config, thrown, err := Eval(t.Context(), script, Page{URL: "https://meet.example.org/a", Subdomain: "t.", Subdir: "t/"}, paths)
		var panicked *guard.Panic
		if errors.As(err, &panicked) || errors.As(thrown, &panicked) {
			t.Fatal(panicked)
		}
		for path, value := range config {
			switch value.(type) {
			case string, bool, float64, int64:
			default:
				t.Fatalf("%s is %T", path, value)
			}
		}
	})
}
