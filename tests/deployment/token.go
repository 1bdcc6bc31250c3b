package deployment

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// Token is one for a room, or for all of them ("*"), that the deployment takes for some time: a JWT (RFC 7519) signed by
// HS256 with Options.TokenSecret.
func (d *Deployment) Token(room string, life time.Duration) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"aud": "jitsi", "iss": "local", "sub": d.opts.Domain, "room": room, "exp": time.Now().Add(life).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	mac := hmac.New(sha256.New, []byte(d.opts.TokenSecret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil)), nil
}
