/* Properties of vp8enc that are GValueArrays, which have no text form. */
#include "gstx.h"

/* The base layer's share of the bitrate, of 10. */
#define BASE_SHARE 6

static void
set_ints (GstElement * encoder, const char *property, gint first, gint second)
{
  gint values[] = { first, second };
  GValueArray *array;
  guint i;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS;
  array = g_value_array_new (G_N_ELEMENTS (values));
  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_INT);
    g_value_set_int (&value, values[i]);
    g_value_array_append (array, &value);
  }
  g_object_set (encoder, property, array, NULL);
  g_value_array_free (array);
  G_GNUC_END_IGNORE_DEPRECATIONS;
}

void
gstx_set_temporal_bitrate (GstElement * encoder, gint bitrate)
{
  set_ints (encoder, "temporal-scalability-target-bitrate",
      bitrate / 10 * BASE_SHARE, bitrate);
}

void
gstx_set_temporal_layers (GstElement * encoder)
{
  g_object_set (encoder, "temporal-scalability-number-layers", 2,
      "temporal-scalability-periodicity", 2, NULL);
  set_ints (encoder, "temporal-scalability-layer-id", 0, 1);
  set_ints (encoder, "temporal-scalability-rate-decimator", 2, 1);
  gst_util_set_object_arg (G_OBJECT (encoder),
      "temporal-scalability-layer-flags",
      "<no-upd-golden+no-upd-alt+no-ref-golden+no-ref-alt,"
      "no-upd-golden+no-upd-alt+no-upd-last+no-ref-golden+no-ref-alt>");
  gst_util_set_object_arg (G_OBJECT (encoder),
      "temporal-scalability-layer-sync-flags", "<false,true>");
}
