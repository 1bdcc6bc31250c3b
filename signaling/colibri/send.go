package colibri

import "encoding/json"

// MarshalJSON adds the class, and the empty map that the bridge insists on.
func (r ReceiverVideoConstraints) MarshalJSON() ([]byte, error) {
	type fields ReceiverVideoConstraints
	if r.Constraints == nil {
		r.Constraints = map[string]VideoConstraints{}
	}
	return json.Marshal(struct {
		Class string `json:"colibriClass"`
		fields
	}{"ReceiverVideoConstraints", fields(r)})
}

// SourceVideoType tells the bridge what one of our video sources shows: none while it is muted.
type SourceVideoType struct {
	SourceName string `json:"sourceName"`
	VideoType  string `json:"videoType"` // none, camera or desktop
}

// MarshalJSON adds the class.
func (s SourceVideoType) MarshalJSON() ([]byte, error) {
	type fields SourceVideoType
	return json.Marshal(struct {
		Class string `json:"colibriClass"`
		fields
	}{"SourceVideoTypeMessage", fields(s)})
}
