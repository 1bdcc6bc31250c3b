#include "gstx.h"
#include <string.h>

/* A middle 32 bits of an NTP time, in seconds. */
#define NTP_SHORT 65536.0

static GstxSourceStats *
find (GstxSourceStats * list, guint n, guint ssrc)
{
  for (guint i = 0; i < n; i++)
    if (list[i].ssrc == ssrc)
      return &list[i];
  return NULL;
}

static void
read_source (const GstStructure * s, GstxSourceStats * stats)
{
  guint jitter = 0;
  gint rate = 0;

  memset (stats, 0, sizeof *stats);
  gst_structure_get_uint (s, "ssrc", &stats->ssrc);
  gst_structure_get_boolean (s, "internal", &stats->internal);
  gst_structure_get_uint64 (s, "bitrate", &stats->bitrate);
  gst_structure_get_uint64 (s, stats->internal ? "packets-sent" : "packets-received", &stats->packets);
  gst_structure_get_uint64 (s, stats->internal ? "octets-sent" : "octets-received", &stats->bytes);
  if (stats->internal)
    return;
  gst_structure_get_int (s, "packets-lost", &stats->lost);
  if (gst_structure_get_uint (s, "jitter", &jitter)
      && gst_structure_get_int (s, "clock-rate", &rate) && rate > 0)
    stats->jitter = (double) jitter / rate;
}

/* What the other side reports of one of ours. */
static void
read_report (const GstStructure * s, GstxSourceStats * list, guint n)
{
  gboolean has = FALSE;
  guint ssrc = 0, rtt = 0;
  GstxSourceStats *ours;

  gst_structure_get_boolean (s, "have-rb", &has);
  if (!has || (!gst_structure_get_uint (s, "rb-ssrc", &ssrc)
          && !gst_structure_get_uint (s, "ssrc", &ssrc)))
    return;
  ours = find (list, n, ssrc);
  if (ours == NULL || !ours->internal)
    return;
  gst_structure_get_int (s, "rb-packetslost", &ours->lost);
  gst_structure_get_uint (s, "rb-round-trip", &rtt);
  ours->rtt = rtt / NTP_SHORT;
}

guint
gstx_source_stats (GstElement * session, GstxSourceStats * list, guint max)
{
  GstStructure *s = NULL;
  const GValue *value;
  GValueArray *array;
  guint n = 0;

  g_object_get (session, "stats", &s, NULL);
  if (s == NULL)
    return 0;
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS;
  value = gst_structure_get_value (s, "source-stats");
  array = value != NULL && G_VALUE_HOLDS (value, g_type_from_name ("GValueArray")) ? g_value_get_boxed (value) : NULL;
  for (guint i = 0; array != NULL && i < array->n_values && n < max; i++)
    read_source (gst_value_get_structure (g_value_array_get_nth (array, i)),
        &list[n++]);
  for (guint i = 0; array != NULL && i < array->n_values; i++)
    read_report (gst_value_get_structure (g_value_array_get_nth (array, i)),
        list, n);
  G_GNUC_END_IGNORE_DEPRECATIONS;
  gst_structure_free (s);
  return n;
}
