/* Collects the bridge's reports on packets that we sent, thirty a second, for Go to be entered a few times a second only: each
 * entry wakes its scheduler, which costs more than all that it does with a report. */
#include "gstx.h"

/* For so long reports are collected, unless one tells of a loss. */
#define COLLECTED (80 * G_TIME_SPAN_MILLISECOND)
/* A report on a second of 20 Mbit/s has fewer. */
#define MOST_PACKETS 4096

struct _GstxTwcc
{
  gint refs;
  GMutex lock;
  GArray *packets;              /* of GstxTwccPacket: that nobody has taken yet */
  gint64 taken;                 /* when somebody last took them; us */
};

GstxTwcc *
gstx_twcc_new (void)
{
  GstxTwcc *twcc = g_new0 (GstxTwcc, 1);

  twcc->refs = 1;
  g_mutex_init (&twcc->lock);
  twcc->packets = g_array_new (FALSE, FALSE, sizeof (GstxTwccPacket));
  return twcc;
}

void
gstx_twcc_unref (GstxTwcc * twcc)
{
  if (!g_atomic_int_dec_and_test (&twcc->refs))
    return;
  g_array_unref (twcc->packets);
  g_mutex_clear (&twcc->lock);
  g_free (twcc);
}

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

  if (GST_EVENT_TYPE (event) != GST_EVENT_CUSTOM_UPSTREAM || s == NULL || !gst_structure_has_name (s, "RTPTWCCPackets"))
    return NULL;
  list = gst_structure_get_value (s, "packets");
  if (list == NULL || !G_VALUE_HOLDS (list, g_type_from_name ("GValueArray")))
    return NULL;
  return g_value_get_boxed (list);
}

/* Adds a report, and says whether it tells of a loss. */
static gboolean
add_report (GstxTwcc * twcc, GValueArray * list, gint64 now)
{
  gboolean lost = FALSE;
  guint i;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS;
  for (i = 0; i < list->n_values && twcc->packets->len < MOST_PACKETS; i++) {
    const GValue *value = g_value_array_get_nth (list, i);
    GstxTwccPacket packet;

    if (!GST_VALUE_HOLDS_STRUCTURE (value))
      continue;
    read_packet (gst_value_get_structure (value), &packet);
    if (packet.sent == GST_CLOCK_TIME_NONE)
      continue;
    packet.reported = now * GST_USECOND;
    g_array_append_val (twcc->packets, packet);
    lost |= packet.lost;
  }
  G_GNUC_END_IGNORE_DEPRECATIONS;
  return lost;
}

static GstPadProbeReturn
collect (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstxTwcc *twcc = user_data;
  GValueArray *list = packets_of (GST_PAD_PROBE_INFO_EVENT (info));
  gint64 now = g_get_monotonic_time ();
  gboolean due;

  if (list == NULL)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&twcc->lock);
  due = add_report (twcc, list, now) || now - twcc->taken >= COLLECTED;
  g_mutex_unlock (&twcc->lock);
  return due ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

void
gstx_twcc_collect (GstxTwcc * twcc, GstPad * pad)
{
  g_atomic_int_inc (&twcc->refs);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, collect, twcc,
      (GDestroyNotify) gstx_twcc_unref);
}

GArray *
gstx_twcc_take (GstxTwcc * twcc)
{
  GArray *packets;

  g_mutex_lock (&twcc->lock);
  packets = twcc->packets;
  twcc->packets = g_array_new (FALSE, FALSE, sizeof (GstxTwccPacket));
  twcc->taken = g_get_monotonic_time ();
  g_mutex_unlock (&twcc->lock);
  return packets;
}
