#include "gstx.h"

static GstCaps *
lookup (GstElement * rtpbin, guint session, guint pt, GHashTable * map)
{
  GstCaps *caps = g_hash_table_lookup (map, GUINT_TO_POINTER (pt));

  return caps != NULL ? gst_caps_ref (caps) : NULL;
}

static void
map_free (gpointer data, GClosure * closure)
{
  g_hash_table_unref (data);
}

void
gstx_provide_pt_map (GstElement * rtpbin, guint n, const guint * pts,
    const char **caps)
{
  GHashTable *map = g_hash_table_new_full (NULL, NULL, NULL,
      (GDestroyNotify) gst_caps_unref);

  for (guint i = 0; i < n; i++)
    g_hash_table_insert (map, GUINT_TO_POINTER (pts[i]),
        gst_caps_from_string (caps[i]));
  gstx_disconnect_signal (rtpbin, "request-pt-map");
  g_signal_connect_data (rtpbin, "request-pt-map", G_CALLBACK (lookup), map,
      map_free, 0);
}
