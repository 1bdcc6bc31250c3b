package configjs

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"time"
)

var page = Page{URL: "https://www.example.org:8443/Acme/room?jwt=secret#config.hosts.domain='evil'"}

func evalFile(t *testing.T, name string, page Page, paths ...string) Config {
	t.Helper()
	source, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	config, _, err := Eval(t.Context(), string(source), page, paths)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestFilesInUse(t *testing.T) {
	tenant := page
	tenant.Subdomain, tenant.Subdir = "Acme.Corp.", "Acme.Corp/"
	for _, tt := range []struct {
		name, file string
		page       Page
		want       Config
	}{
		{"of a package", "debian.js", page, Config{
			"hosts.domain": "meet.example.org", "hosts.anonymousdomain": "guest.meet.example.org",
			"hosts.muc": "conference.meet.example.org", "websocket": "wss://meet.example.org/xmpp-websocket",
			"flags.ssrcRewritingEnabled": true, "deploymentInfo.region": "eu-central-1",
			"conferenceRequestUrl": "https://www.example.org:8443/conference-request/v1",
		}},
		{"of a package, with a tenant", "debian.js", tenant, Config{
			"hosts.domain": "meet.example.org", "hosts.anonymousdomain": "guest.meet.example.org",
			"hosts.muc": "conference.acme_corp.meet.example.org", "websocket": "wss://meet.example.org/Acme.Corp/xmpp-websocket",
			"flags.ssrcRewritingEnabled": true, "deploymentInfo.region": "eu-central-1",
			"conferenceRequestUrl": "https://www.example.org:8443/Acme.Corp/conference-request/v1",
		}},
		{"of a container", "docker.js", page, Config{
			"hosts.domain": "meet.jitsi", "hosts.muc": "muc.meet.jitsi", "websocket": "wss://localhost:8443/xmpp-websocket",
			"flags.ssrcRewritingEnabled": false,
		}},
		{"that is computed and fails at its end", "computed.js", page, Config{
			"hosts.domain": "example.org", "hosts.muc": "conference.example.org", "websocket": "wss://www.example.org:8443/xmpp-websocket",
			"flags.ssrcRewritingEnabled": true, "deploymentInfo.region": "eu-west-1",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := evalFile(t, tt.file, tt.page, "hosts.domain", "hosts.anonymousdomain", "hosts.muc", "hosts.focus",
				"websocket", "flags.ssrcRewritingEnabled", "deploymentInfo.region", "flags", "hosts", "conferenceRequestUrl")
			if !maps.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestIncludesCanNotBecomeCode(t *testing.T) {
	const source = `var config = {a: '<!--# echo var="subdir" default="x" -->', b: '<!--# echo var="other" default="y" -->'}`
	hostile := Page{URL: page.URL, Subdir: "'+evil+'"}
	config, _, err := Eval(t.Context(), source, hostile, []string{"a", "b"})
	if err != nil || config.String("a") != "x" || config.String("b") != "y" {
		t.Errorf("got %v, %v", config, err)
	}
}

func TestScriptsWithoutAConfig(t *testing.T) {
	for _, tt := range []struct{ name, source, says string }{
		{"nothing", "", "sets no config"},
		{"a page", "<!DOCTYPE html><html><body>Not here</body></html>", "Unexpected token"},
		{"an exception before", "var x = nothing.there; var config = {}", "nothing is not defined"},
		{"a config that is none", "var config = 'x'", "sets no config"},
		{"a config that is used before it is there", "x.y; let config = {}", "x is not defined"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Eval(t.Context(), tt.source, page, nil)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error that says %q", err, tt.says)
			}
		})
	}
}

// Nothing but language and the few functions of the prelude is there, by whatever way.
func TestNothingElseIsThere(t *testing.T) {
	for _, what := range []string{
		"eval", "Function", "(function(){}).constructor", "(()=>1).constructor", "[].constructor", "'x'.constructor", "/x/.constructor",
		"({}).constructor", "({}).__proto__", "[]['__proto__']", "Symbol", "Proxy", "Reflect", "Promise", "ArrayBuffer", "Uint8Array", "WeakRef",
		"JSON", "RegExp", "BigInt", "Date", "Error", "SharedArrayBuffer", "Atomics", "Map", "Set", "''.repeat", "''.padStart", "''.padEnd",
		"''.replaceAll", "''.normalize", "''.matchAll", "''.localeCompare", "[].fill", "[].flat", "[].sort", "[].splice", "[].copyWithin",
		"(function(){}).call", "(function(){}).apply", "(function(){}).bind", "Object.create", "Object.setPrototypeOf", "Object.prototype",
		"Object.defineProperty", "Object.getPrototypeOf", "String.fromCharCode", "Array.from", "Array.prototype", "require", "process",
		"XMLHttpRequest", "fetch", "WebSocket", "setTimeout", "globalThis.eval", "window.Function", "/x/.compile", "/x/.source", "escape",
	} {
		config, _, err := Eval(t.Context(), "var config = {is: 'nothing'}; try { config.is = typeof ("+what+") } catch (e) {}", page, []string{"is"})
		if is := config.String("is"); err != nil || is != "undefined" && is != "nothing" {
			t.Errorf("%s is there: %s, %v", what, is, err)
		}
	}
}

func TestLocationTellsNoSecrets(t *testing.T) {
	config, _, err := Eval(t.Context(), "var config = {l: location.href + location.search + location.hash}", page, []string{"l"})
	if want := "https://www.example.org:8443/Acme/room"; err != nil || config.String("l") != want {
		t.Errorf("got %v, %v", config, err)
	}
}

const start = "var config = {hosts: {domain: 'x'}};"

func TestHostileScriptsEndWithinTheLimits(t *testing.T) {
	many := strings.Repeat
	for name, source := range map[string]string{
		"an endless loop":                 start + "for (;;) {}",
		"an endless loop that catches":    start + "for (;;) { try { for (;;) {} } catch (e) {} finally { continue } }",
		"an endless getter":               "var config = {get hosts() { for (;;) {} }}",
		"a string that doubles":           start + "var s = 'x'; for (;;) { s += s }",
		"a string that doubles in a try":  start + "var s = 'x'; for (;;) { try { s = s + s } catch (e) {} }",
		"a template that doubles":         start + "var s = 'x'; for (;;) { s = `${s}${s}` }",
		"concat that doubles":             start + "var s = 'x'; for (;;) { s = s.concat(s, s, s) }",
		"join that doubles":               start + "var s = 'x'; for (;;) { s = [s, s, s].join(s) }",
		"escaping without an end":         start + "var s = '%'; for (;;) { s = encodeURIComponent(s) }",
		"replace that multiplies":         start + "var s = 'xx'; for (;;) { s = s.replace(/x/g, s) }",
		"replace with references":         start + "var s = 'xx'; for (;;) { s = s.replace(/x/g, '$`$&$`') }",
		"an array that grows":             start + "var a = []; for (;;) { a.push(a) }",
		"an array that doubles":           start + "var a = [1]; for (;;) { a = a.concat(a) }",
		"objects without end":             start + "var o = {}; for (;;) { o = {o: o} }",
		"closures without end":            start + "var f; for (;;) { let g = f; f = () => g }",
		"an array claimed to be long":     start + "var a = []; a.length = 4294967295; a.forEach(x => x); a.indexOf(1)",
		"a long array walked":             start + "var a = []; a.length = 4294967295; for (var x of a) {}",
		"a long array in its own text":    start + "var a = []; a.length = 4294967295; a + ''",
		"shared arrays as text":           start + "var a = []; for (var i = 0; i < 20; i++) { a = [a, a] } a + ''",
		"the spread of a long array":      start + "var a = []; a.length = 4294967295; config.x = [...a]",
		"the spread into a call":          start + "var a = []; a.length = 4294967295; Math.max(...a)",
		"the rest of a long array":        start + "var a = []; a.length = 4294967295; var [...b] = a",
		"big integers":                    start + "var n = 3n ** 100000000n",
		"a pattern that backtracks":       start + `/(?=a)(a+)+\1$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')`,
		"a pattern repeated a lot":        start + "/((a{0,100}){0,100}){0,100}/.test('a')",
		"a generator":                     start + "function* g() { for (;;) yield 1 } for (var x of g()) {}",
		"an asynchronous function":        start + "async function f() { for (;;) await 1 } f()",
		"a class":                         start + "class C extends null {}",
		"with":                            start + "with (config) {}",
		"a literal's prototype":           start + "var o = {__proto__: /x/, exec: function () {}}",
		"a tagged template":               start + "String.raw`x`",
		"a long template":                 start + "var s = 'x'; s = `" + many("${s}", 10000) + "`",
		"deep parentheses":                "var config = " + many("(", 500_000) + "{}" + many(")", 500_000),
		"deep brackets":                   "var config = " + many("[", 500_000) + many("]", 500_000),
		"deep functions":                  many("(function(){", 80_000) + many("})", 80_000),
		"deep brackets below the limit":   "var config = " + many("[", 9_000) + many("]", 9_000),
		"deep functions below the limit":  many("(function(){", 6_000) + many("})", 6_000),
		"deep arrows":                     "var config = " + many("a=>", 300_000) + "1",
		"deep negations":                  "var config = " + many("!", 1_000_000) + "1",
		"deep typeof":                     "var config = " + many("typeof ", 140_000) + "1",
		"deep new":                        "var config = " + many("new ", 250_000) + "x",
		"deep do":                         many("do ", 300_000),
		"deep conditions":                 many("if(1)", 200_000) + ";",
		"deep conditions below the limit": many("if(1)", 19_000) + ";",
		"deep else":                       many("if(1);else ", 90_000) + ";",
		"deep members":                    "var config = a" + many(".a", 500_000),
		"deep quotients":                  "var config = a" + many("/a", 500_000),
		"deep labels":                     many("a:", 500_000) + ";",
		"deep templates":                  "var config = " + many("`${", 200_000) + "1" + many("}`", 200_000),
		"a long file":                     start + many(" ", maxSource),
		"long strings compared":           start + "var s = '" + many("é", maxString) + "'",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			before, started := allocated(), time.Now()
			_, _, err := Eval(ctx, source, page, []string{"hosts.domain"})
			took, memory := time.Since(started), allocated()-before
			if !errors.Is(err, ErrLimit) && (err == nil || !strings.Contains(err.Error(), "SyntaxError") && !strings.Contains(err.Error(), "Unexpected")) {
				t.Errorf("got %v", err)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			if took > maxTime+grace+5*time.Second || memory > 3*maxAllocated {
				t.Errorf("it takes %s and %d MiB", took, memory>>20)
			}
		})
	}
}

// What exhausts only itself is an exception like any other.
func TestRecursionIsAnException(t *testing.T) {
	for name, source := range map[string]string{
		"of a function":  "function f() { f() } f()",
		"of a text":      "var o = {toString() { return o + '' }}; o + ''",
		"of an array":    "var a = []; a.push(a); a + ''",
		"of a callback":  "function f() { [1].forEach(f) } f()",
		"of a getter":    "var o = {get x() { return o.x }}; o.x",
		"of deep arrays": "var a = []; for (var i = 0; i < 1000; i++) { a = [a] } a + ''",
	} {
		t.Run(name, func(t *testing.T) {
			config, thrown, err := Eval(t.Context(), start+source, page, []string{"hosts.domain"})
			if err != nil || thrown == nil || config.String("hosts.domain") != "x" {
				t.Errorf("got %v, %v, %v", config, thrown, err)
			}
		})
	}
}

func TestAScriptCanNotForgeOrFloodALog(t *testing.T) {
	_, thrown, err := Eval(t.Context(), start+"var s = 'x\\n2026 ERROR'; for (var i = 0; i < 11; i++) { s += s } throw s", page, nil)
	if err != nil || thrown == nil || strings.Contains(thrown.Error(), "\n") || len(thrown.Error()) > 2*maxText {
		t.Errorf("got %v, %v", thrown, err)
	}
}

func TestEvaluationsDoNotSeeEachOther(t *testing.T) {
	if _, _, err := Eval(t.Context(), "Math.min = 1; ''.x = 2; console.log = 3; var config = {}", page, nil); err != nil {
		t.Fatal(err)
	}
	config, _, err := Eval(t.Context(), "console.log(1); var config = {a: Math.min(1, 2), s: 'a,b'.split(',').join(';')}", page, []string{"a", "s"})
	if err != nil || config["a"] != int64(1) || config.String("s") != "a;b" {
		t.Errorf("got %v, %v", config, err)
	}
}

func TestTheContextEndsTheEvaluation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Eval(ctx, start+"for (;;) {}", page, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
