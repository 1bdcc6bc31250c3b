/* What GStreamer must find by symbol: gst_plugin_jitsi_get_desc and _register. GST_PLUGIN_DEFINE needs
 * compile-time constants, so it lives in C. */
#define PACKAGE "gst-jitsi"
#include <gst/gst.h>

extern gboolean goPluginInit (GstPlugin * plugin);

static gboolean
plugin_init (GstPlugin * plugin)
{
  return goPluginInit (plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, jitsi,
    "Take part in Jitsi Meet conferences", plugin_init, "0.1.0", "LGPL",
    "gst-jitsi", "Jitsi plugin for GStreamer")
