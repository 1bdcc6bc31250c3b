#include "gstx.h"

struct _GstxLatency
{
  gint refs;
  GMutex lock;
  GstClockTime min;
};

GstxLatency *
gstx_latency_new (GstClockTime min)
{
  GstxLatency *latency = g_new0 (GstxLatency, 1);

  latency->refs = 1;
  g_mutex_init (&latency->lock);
  latency->min = min;
  return latency;
}

void
gstx_latency_unref (GstxLatency * latency)
{
  if (!g_atomic_int_dec_and_test (&latency->refs))
    return;
  g_mutex_clear (&latency->lock);
  g_free (latency);
}

void
gstx_latency_set (GstxLatency * latency, GstClockTime min)
{
  g_mutex_lock (&latency->lock);
  latency->min = min;
  g_mutex_unlock (&latency->lock);
}

/* A ghost pad without a target can't answer, and the whole pipeline's latency query would fail. */
static GstPadProbeReturn
answer_latency (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  GstxLatency *latency = user_data;
  GstPad *target;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  if (target != NULL) {
    gst_object_unref (target);
    return GST_PAD_PROBE_OK;
  }
  g_mutex_lock (&latency->lock);
  gst_query_set_latency (query, TRUE, latency->min, GST_CLOCK_TIME_NONE);
  g_mutex_unlock (&latency->lock);
  return GST_PAD_PROBE_HANDLED;
}

void
gstx_answer_latency (GstPad * ghost, GstxLatency * latency)
{
  g_atomic_int_inc (&latency->refs);
  gst_pad_add_probe (ghost,
      GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PUSH,
      answer_latency, latency, (GDestroyNotify) gstx_latency_unref);
}
