#include "gstx.h"

struct _GstxActivity
{
  gint refs;
  gint64 last;                  /* µs of the monotonic clock; 0: nothing yet */
};

GstxActivity *
gstx_activity_new (void)
{
  GstxActivity *activity = g_new0 (GstxActivity, 1);

  activity->refs = 1;
  return activity;
}

void
gstx_activity_unref (GstxActivity * activity)
{
  if (g_atomic_int_dec_and_test (&activity->refs))
    g_free (activity);
}

static GstPadProbeReturn
activity_probe (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstxActivity *activity = user_data;

  __atomic_store_n (&activity->last, g_get_monotonic_time (), __ATOMIC_RELAXED);
  return GST_PAD_PROBE_OK;
}

void
gstx_activity_watch (GstxActivity * activity, GstPad * pad)
{
  g_atomic_int_inc (&activity->refs);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
      activity_probe, activity, (GDestroyNotify) gstx_activity_unref);
}

gint64
gstx_activity_age (GstxActivity * activity)
{
  gint64 last = __atomic_load_n (&activity->last, __ATOMIC_RELAXED);

  return last == 0 ? -1 : MAX (g_get_monotonic_time () - last, 0);
}
