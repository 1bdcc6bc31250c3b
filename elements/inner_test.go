package elements

import (
	"errors"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// A streaming thread may post its error just while its session is taken out of the element.
func TestErrorsOfASessionAreNotTheApplicationsEvenAfterItsEnd(t *testing.T) {
	p := launch(t, `jitsisink name=j location=http://127.0.0.1:9/Room`)
	defer p.SetState(gst.StateNull)
	p.SetState(gst.StateReady)
	j, session := p.GetByName("j").(gst.Bin), gst.NewBin("session").(gst.Bin)
	inside := gst.ElementFactoryMake("identity", "inside")
	session.Add(inside)
	gstx.TakeErrors(session)
	j.Add(session)
	bus := session.GetBus()
	post := func(source gst.Element) bool {
		bus.Post(gst.NewMessageError(source, "", errors.New("the peer is gone")))
		return p.GetBus().PopFiltered(gst.MessageError) != nil
	}
	if post(inside) {
		t.Error("an error of the session's is the application's")
	}
	j.Remove(session)
	if post(inside) {
		t.Error("an error of a session that is over is the application's")
	}
	if !post(j) {
		t.Error("an error of the element's is lost")
	}
}
