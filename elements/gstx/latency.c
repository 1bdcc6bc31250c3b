#include "gstx.h"

typedef struct
{
  GstClockTime min;
} Latency;

/* A ghost pad without a target can't answer, and the whole pipeline's latency query would fail. */
static GstPadProbeReturn
answer_latency (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  Latency *latency = user_data;
  GstPad *target;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  if (target != NULL) {
    gst_object_unref (target);
    return GST_PAD_PROBE_OK;
  }
  gst_query_set_latency (query, TRUE, latency->min, GST_CLOCK_TIME_NONE);
  return GST_PAD_PROBE_HANDLED;
}

void
gstx_answer_latency (GstPad * ghost, GstClockTime min)
{
  Latency *latency = g_new0 (Latency, 1);

  latency->min = min;
  gst_pad_add_probe (ghost,
      GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PUSH,
      answer_latency, latency, g_free);
}
