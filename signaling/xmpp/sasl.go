package xmpp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mellium.im/sasl"
)

// maxIterations bounds what a server may ask of us in SCRAM: ten times what careful servers use today.
const maxIterations = 1_000_000

// authenticate runs SASL (RFC 6120 section 6) with the best of the offered mechanisms.
func (n *negotiation) authenticate(ctx context.Context, offered []string) error {
	mechanism, err := n.chooseMechanism(offered)
	if err != nil {
		return err
	}
	client := sasl.NewClient(mechanism, sasl.Credentials(func() (user, password, identity []byte) {
		return []byte(n.cfg.Username), []byte(n.cfg.Password), nil
	}), sasl.RemoteMechanisms(offered...))
	more, initial, err := client.Step(nil)
	if err != nil {
		return &AuthError{Text: fmt.Sprintf("SASL %s: %v", mechanism.Name, err)}
	}
	err = n.write(ctx, saslAuth{Mechanism: mechanism.Name, Data: encodeInitial(mechanism.Name, initial)})
	for err == nil {
		var reply *saslReply
		if reply, err = n.readSASL(ctx); err != nil {
			return err
		}
		switch reply.XMLName.Local {
		case "success":
			return checkSuccess(client, more, reply.Data)
		case "challenge":
			var response []byte
			if more, response, err = answerChallenge(client, more, reply.Data); err == nil {
				err = n.write(ctx, saslResponse{Data: base64.StdEncoding.EncodeToString(response)})
			}
		default:
			return reply.failure()
		}
	}
	return err
}

// chooseMechanism prefers SCRAM; PLAIN shows the password to whoever reads along, so it needs TLS.
func (n *negotiation) chooseMechanism(offered []string) (sasl.Mechanism, error) {
	candidates := []sasl.Mechanism{sasl.Anonymous}
	if n.cfg.Username != "" {
		candidates = []sasl.Mechanism{sasl.ScramSha256, sasl.ScramSha1}
		if n.secure || n.cfg.PlainWithoutTLS {
			candidates = append(candidates, sasl.Plain)
		}
	}
	for _, m := range candidates {
		if slices.Contains(offered, m.Name) {
			return m, nil
		}
	}
	what := "anonymous users"
	if n.cfg.Username != "" {
		what = "a user name and password here"
	}
	return sasl.Mechanism{}, &AuthError{
		Text: fmt.Sprintf("the server does not take %s: it offers %s", what, strings.Join(offered, ", ")),
	}
}

// answerChallenge steps once. The checks keep what the mechanisms can't cope with from them: more challenges
// than they have steps, and a malformed or greedy first message of SCRAM.
func answerChallenge(client *sasl.Negotiator, more bool, data string) (bool, []byte, error) {
	if !more {
		return false, nil, &AuthError{Text: "the server goes on asking"}
	}
	challenge, err := base64.StdEncoding.DecodeString(data)
	if err == nil && client.State()&sasl.StepMask == sasl.AuthTextSent {
		err = checkSCRAM(challenge)
	}
	if err != nil {
		return false, nil, &AuthError{Text: fmt.Sprintf("the server's challenge: %v", err)}
	}
	more, response, err := client.Step(challenge)
	if err != nil {
		return false, nil, &AuthError{Text: fmt.Sprintf("the server's challenge: %v", err)}
	}
	return more, response, nil
}

func checkSCRAM(challenge []byte) error {
	for _, field := range bytes.Split(challenge, []byte(",")) {
		if len(field) < 3 || field[1] != '=' {
			return errors.New("a malformed field")
		}
		if field[0] == 'i' {
			if i, err := strconv.Atoi(string(field[2:])); err != nil || i < 1 || i > maxIterations {
				return fmt.Errorf("an iteration count out of range")
			}
		}
	}
	return nil
}

// checkSuccess verifies the server's own proof where the mechanism has one.
func checkSuccess(client *sasl.Negotiator, more bool, data string) error {
	if !more {
		return nil
	}
	proof, err := base64.StdEncoding.DecodeString(data)
	if err != nil || client.State()&sasl.StepMask != sasl.ResponseSent {
		return &AuthError{Text: "the server claims success without a proof"}
	}
	if more, _, err = client.Step(proof); err != nil || more {
		return &AuthError{Text: "the server does not know our password: its proof is wrong"}
	}
	return nil
}

func (n *negotiation) readSASL(ctx context.Context) (*saslReply, error) {
	data, e, err := n.read(ctx)
	if err != nil {
		return nil, err
	}
	if e.XMLName.Space != nsSASL {
		return nil, fmt.Errorf("the server answers to SASL with <%s>", e.XMLName.Local)
	}
	var reply saslReply
	if err := xml.Unmarshal(data, &reply); err != nil {
		return nil, fmt.Errorf("malformed XML: %w", err)
	}
	return &reply, nil
}

// encodeInitial writes an empty initial response as "=" (RFC 6120 section 6.4.2), but for ANONYMOUS, where
// clients of Jitsi send none.
func encodeInitial(mechanism string, initial []byte) string {
	switch {
	case len(initial) > 0:
		return base64.StdEncoding.EncodeToString(initial)
	case mechanism == sasl.Anonymous.Name:
		return ""
	}
	return "="
}

type saslAuth struct {
	XMLName   xml.Name `xml:"urn:ietf:params:xml:ns:xmpp-sasl auth"`
	Mechanism string   `xml:"mechanism,attr"`
	Data      string   `xml:",chardata"`
}

type saslResponse struct {
	XMLName xml.Name `xml:"urn:ietf:params:xml:ns:xmpp-sasl response"`
	Data    string   `xml:",chardata"`
}

type saslReply struct {
	XMLName xml.Name
	Data    string `xml:",chardata"`
	Text    string `xml:"text"`
	Any     []struct {
		XMLName xml.Name
	} `xml:",any"`
}

func (r *saslReply) failure() error {
	e := &AuthError{Condition: "not-authorized", Text: r.Text}
	if len(r.Any) > 0 {
		e.Condition = r.Any[0].XMLName.Local
	}
	return e
}
