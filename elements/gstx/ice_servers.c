/* STUN and TURN of a webrtcbin. */
#include "gstx.h"

static const char *const telling[] = { "webrtcbin", "webrtcice", "webrtcnice",
  "GST_URI", NULL
};

/* webrtcbin and its ICE agent log the whole URI, with the password, at the level DEBUG (1.22): they are told to be quiet
 * meanwhile. */
gboolean
gstx_add_turn_server (GstElement * webrtcbin, const char *uri)
{
  GSList *all = gst_debug_get_all_categories (), *l;
  GstDebugLevel before[G_N_ELEMENTS (telling)];
  GstDebugCategory *quiet[G_N_ELEMENTS (telling)];
  guint n = 0, i;
  gboolean added = FALSE;

  for (l = all; l != NULL && n < G_N_ELEMENTS (telling) - 1; l = l->next) {
    if (g_strv_contains (telling, gst_debug_category_get_name (l->data))) {
      quiet[n] = l->data;
      before[n] = gst_debug_category_get_threshold (l->data);
      gst_debug_category_set_threshold (l->data, GST_LEVEL_NONE);
      n++;
    }
  }
  g_slist_free (all);
  g_signal_emit_by_name (webrtcbin, "add-turn-server", uri, &added);
  for (i = 0; i < n; i++)
    gst_debug_category_set_threshold (quiet[i], before[i]);
  return added;
}
