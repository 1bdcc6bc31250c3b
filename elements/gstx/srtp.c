/* Takes the keys of those who left out of an srtpdec, which keeps them as long as it lives: with NSS, 44 kB for each SSRC. Its own
 * signal for that, remove-key, does it by half (1.22 to 1.28): it gives libsrtp the SSRC in the byte order of the machine, and libsrtp
 * looks for it in the network's. So the other half belongs to the SSRC with its bytes swapped. Both are made to exist, by a packet
 * that fails its authentication, and both are removed: what one leaves behind the other finds. Where that is mended one day,
 * each finds its own. */
#include "gstx.h"

/* For so long packets of theirs may be on their way, and would bring the keys back. */
#define ON_ITS_WAY (2 * G_TIME_SPAN_SECOND)

struct _GstxSrtpKeys
{
  gint refs;
  GMutex lock;
  GArray *leaving;              /* of Leaving, the first to go first */
  gint count;                   /* of these, for the streaming thread; atomic */
};

typedef struct
{
  guint32 ssrc;
  gint64 due;                   /* us of the monotonic clock */
} Leaving;

GstxSrtpKeys *
gstx_srtp_keys_new (void)
{
  GstxSrtpKeys *keys = g_new0 (GstxSrtpKeys, 1);

  keys->refs = 1;
  g_mutex_init (&keys->lock);
  keys->leaving = g_array_new (FALSE, FALSE, sizeof (Leaving));
  return keys;
}

void
gstx_srtp_keys_unref (GstxSrtpKeys * keys)
{
  if (!g_atomic_int_dec_and_test (&keys->refs))
    return;
  g_array_unref (keys->leaving);
  g_mutex_clear (&keys->lock);
  g_free (keys);
}

static void
let_exist (GstPad * pad, GstObject * decoder, guint32 ssrc)
{
  guint8 *packet = g_malloc0 (48);

  packet[0] = 0x80;             /* RTP, RFC 3550 section 5.1 */
  packet[1] = 96;
  GST_WRITE_UINT32_BE (packet + 8, ssrc);
  GST_PAD_CHAINFUNC (pad) (pad, decoder, gst_buffer_new_wrapped (packet, 48));
}

static void
forget (GstPad * pad, guint32 ssrc)
{
  GstElement *decoder = gst_pad_get_parent_element (pad);
  guint32 swapped = GUINT32_SWAP_LE_BE (ssrc);

  if (decoder == NULL)
    return;
  let_exist (pad, GST_OBJECT (decoder), ssrc);
  let_exist (pad, GST_OBJECT (decoder), swapped);
  g_signal_emit_by_name (decoder, "remove-key", swapped);
  g_signal_emit_by_name (decoder, "remove-key", ssrc);
  gst_object_unref (decoder);
}

/* The streaming thread does it itself: the signal takes no lock. */
static GstPadProbeReturn
forget_those_who_left (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstxSrtpKeys *keys = user_data;
  gint64 now;

  if (g_atomic_int_get (&keys->count) == 0)
    return GST_PAD_PROBE_OK;
  now = g_get_monotonic_time ();
  g_mutex_lock (&keys->lock);
  while (keys->leaving->len > 0) {
    Leaving first = g_array_index (keys->leaving, Leaving, 0);

    if (first.due > now)
      break;
    g_array_remove_index (keys->leaving, 0);
    g_mutex_unlock (&keys->lock);
    forget (pad, first.ssrc);
    g_mutex_lock (&keys->lock);
  }
  g_atomic_int_set (&keys->count, keys->leaving->len);
  g_mutex_unlock (&keys->lock);
  return GST_PAD_PROBE_OK;
}

void
gstx_srtp_keys_watch (GstxSrtpKeys * keys, GstElement * decoder)
{
  GstPad *pad = gst_element_get_static_pad (decoder, "rtp_sink");

  if (pad == NULL)
    return;
  if (g_signal_lookup ("remove-key", G_OBJECT_TYPE (decoder)) != 0) {
    g_atomic_int_inc (&keys->refs);
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, forget_those_who_left,
        keys, (GDestroyNotify) gstx_srtp_keys_unref);
  }
  gst_object_unref (pad);
}

void
gstx_srtp_keys_forget (GstxSrtpKeys * keys, guint32 ssrc)
{
  Leaving leaving = { ssrc, g_get_monotonic_time () + ON_ITS_WAY };

  g_mutex_lock (&keys->lock);
  g_array_append_val (keys->leaving, leaving);
  g_atomic_int_set (&keys->count, keys->leaving->len);
  g_mutex_unlock (&keys->lock);
}

void
gstx_srtp_keys_keep (GstxSrtpKeys * keys, guint32 ssrc)
{
  guint i;

  g_mutex_lock (&keys->lock);
  for (i = keys->leaving->len; i-- > 0;)
    if (g_array_index (keys->leaving, Leaving, i).ssrc == ssrc)
      g_array_remove_index (keys->leaving, i);
  g_atomic_int_set (&keys->count, keys->leaving->len);
  g_mutex_unlock (&keys->lock);
}
