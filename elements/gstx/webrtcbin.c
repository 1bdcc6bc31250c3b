/* webrtcbin owns its transceivers and its ICE agent by their floating references. The bindings would sink and drop
 * these, so whoever needs the objects does it in C. */
#include "gstx.h"

static void
set_do_nack (GstElement * webrtcbin, GObject * transceiver, gpointer user_data)
{
  g_object_set (transceiver, "do-nack", TRUE, NULL);
}

void
gstx_enable_nack (GstElement * webrtcbin)
{
  g_signal_connect (webrtcbin, "on-new-transceiver", G_CALLBACK (set_do_nack),
      NULL);
}

gboolean
gstx_add_local_address (GstElement * webrtcbin, const char *address)
{
  GObject *agent = NULL;
  gboolean added = FALSE;

  g_object_get (webrtcbin, "ice-agent", &agent, NULL);
  if (agent == NULL)
    return FALSE;
  g_signal_emit_by_name (agent, "add-local-ip-address", address, &added);
  g_object_unref (agent);
  return added;
}

void
gstx_disable_upnp (GstElement * webrtcbin)
{
  GObject *ice = NULL, *agent = NULL;

  g_object_get (webrtcbin, "ice-agent", &ice, NULL);
  if (ice == NULL)
    return;
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent"))
    g_object_get (ice, "agent", &agent, NULL);
  if (agent != NULL
      && g_object_class_find_property (G_OBJECT_GET_CLASS (agent), "upnp"))
    g_object_set (agent, "upnp", FALSE, NULL);
  g_clear_object (&agent);
  g_object_unref (ice);
}
