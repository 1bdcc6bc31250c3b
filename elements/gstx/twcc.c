#include "gstx.h"

static void
read_packet (const GstStructure * s, GstxTwccPacket * packet)
{
  gboolean lost = FALSE;

  packet->sent = packet->received = GST_CLOCK_TIME_NONE;
  packet->size = packet->pt = 0;
  gst_structure_get_uint64 (s, "local-ts", &packet->sent);
  gst_structure_get_uint64 (s, "remote-ts", &packet->received);
  gst_structure_get_uint (s, "size", &packet->size);
  gst_structure_get_boolean (s, "lost", &lost);
  gst_structure_get (s, "payload-type", G_TYPE_UCHAR, &packet->pt, NULL);
  packet->lost = lost || packet->received == GST_CLOCK_TIME_NONE;
}

static GValueArray *
packets_of (GstEvent * event)
{
  const GstStructure *s = gst_event_get_structure (event);
  const GValue *list;

  if (s == NULL || !gst_structure_has_name (s, "RTPTWCCPackets"))
    return NULL;
  list = gst_structure_get_value (s, "packets");
  if (list == NULL || !G_VALUE_HOLDS (list, g_type_from_name ("GValueArray")))
    return NULL;
  return g_value_get_boxed (list);
}

guint
gstx_twcc_count (GstEvent * event)
{
  GValueArray *array = packets_of (event);

  return array != NULL ? array->n_values : 0;
}

guint
gstx_twcc_packets (GstEvent * event, GstxTwccPacket * packets, guint max)
{
  GValueArray *array = packets_of (event);
  guint i, n = 0;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS;
  for (i = 0; array != NULL && i < array->n_values && n < max; i++) {
    const GValue *value = g_value_array_get_nth (array, i);

    if (!GST_VALUE_HOLDS_STRUCTURE (value))
      continue;
    read_packet (gst_value_get_structure (value), &packets[n]);
    if (packets[n].sent != GST_CLOCK_TIME_NONE)
      n++;
  }
  G_GNUC_END_IGNORE_DEPRECATIONS;
  return n;
}
