#include "gstx.h"

struct _GstxGate
{
  gint refs;
  gint open;
};

GstxGate *
gstx_gate_new (void)
{
  GstxGate *gate = g_new0 (GstxGate, 1);

  gate->refs = 1;
  return gate;
}

void
gstx_gate_unref (GstxGate * gate)
{
  if (g_atomic_int_dec_and_test (&gate->refs))
    g_free (gate);
}

/* Removes itself with the first buffer after the gate was opened, so that an open gate costs nothing. */
static GstPadProbeReturn
gate_probe (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstxGate *gate = user_data;

  if (g_atomic_int_get (&gate->open))
    return GST_PAD_PROBE_REMOVE;
  return GST_PAD_PROBE_DROP;
}

void
gstx_gate_add (GstxGate * gate, GstPad * pad)
{
  g_atomic_int_inc (&gate->refs);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, gate_probe,
      gate, (GDestroyNotify) gstx_gate_unref);
}

void
gstx_gate_open (GstxGate * gate)
{
  g_atomic_int_set (&gate->open, TRUE);
}

static GstPadProbeReturn
clock_probe (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstElement *element = GST_ELEMENT_CAST (GST_PAD_PARENT (pad));

  return element == NULL || GST_ELEMENT_CLOCK (element) != NULL ?
      GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

void
gstx_require_clock (GstPad * pad)
{
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, clock_probe,
      NULL, NULL);
}
