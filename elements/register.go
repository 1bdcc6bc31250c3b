package elements

import (
	"github.com/go-gst/go-gst/pkg/gst"

	_ "gstjitsi/elements/transport"
)

// Register is called from plugin_init.
func Register(plugin gst.Plugin) bool { return true }
