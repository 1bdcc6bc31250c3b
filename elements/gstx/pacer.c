/* Spreads packets over time: a key frame in three sizes at once would overflow a queue of the network's that the bitrate
 * as a whole does not fill. GStreamer has no element for that (1.28). And says in each packet when it was sent. */
#include <gst/rtp/rtp.h>
#include "gstx.h"

struct _GstxPacer
{
  gint refs;
  GMutex lock;
  GCond changed;
  gint64 next;                  /* when the next packet is due; us */
  guint rate;                   /* bit/s; 0: no limit */
  gboolean closed;
  gint64 granted;               /* until when retransmissions have used up their share; us */
  GSList *streams;              /* of Paced */
};

typedef struct
{
  GstPadChainFunction chain;
  GstxPacer *pacer;
  guint8 send_time_id;          /* of the header extension; 0: none */
  gboolean drop, skip;          /* atomic; skip: until a key frame comes */
  gboolean resumes;             /* atomic: the next packet is the first after a skip */
  GstElement *queue;            /* where frames wait that may not wait for long, or NULL; guarded by the pacer's lock, as what follows */
  guint32 ssrc;                 /* of what has passed */
  guint16 first;                /* number of the first packet after a skip */
  gint64 resumed;               /* when it passed; us; 0: none yet */
} Paced;

static gboolean
drops (Paced * paced)
{
  return g_atomic_int_get (&paced->drop) || g_atomic_int_get (&paced->skip);
}

/* Waits shorter than this cost more than they bring. */
#define SLACK (5 * G_TIME_SPAN_MILLISECOND)

GstxPacer *
gstx_pacer_new (void)
{
  GstxPacer *pacer = g_new0 (GstxPacer, 1);

  pacer->refs = 1;
  g_mutex_init (&pacer->lock);
  g_cond_init (&pacer->changed);
  return pacer;
}

void
gstx_pacer_unref (GstxPacer * pacer)
{
  if (!g_atomic_int_dec_and_test (&pacer->refs))
    return;
  g_mutex_clear (&pacer->lock);
  g_cond_clear (&pacer->changed);
  g_free (pacer);
}

/* How much may wait of a stream whose bitrate is not ours to choose. */
#define MOST_BEHIND (200 * GST_MSECOND)
/* How often a packet that waits looks whether it is behind. */
#define LOOKS (50 * G_TIME_SPAN_MILLISECOND)

static gboolean
is_behind (Paced * paced)
{
  guint64 waiting = 0;

  if (paced->queue != NULL)
    g_object_get (paced->queue, "current-level-time", &waiting, NULL);
  return waiting >= MOST_BEHIND;
}

static void
wait_turn (Paced * paced, gsize size)
{
  GstxPacer *pacer = paced->pacer;
  gint64 due, now = g_get_monotonic_time ();

  g_mutex_lock (&pacer->lock);
  due = MAX (pacer->next, now);
  pacer->next = due;
  if (pacer->rate > 0)
    pacer->next += size * 8 * G_TIME_SPAN_SECOND / pacer->rate;
  while (!pacer->closed && pacer->rate > 0 && !drops (paced)
      && now < due - SLACK) {
    if (is_behind (paced)) {
      pacer->next = now;
      break;
    }
    g_cond_wait_until (&pacer->changed, &pacer->lock, MIN (due - SLACK, now + LOOKS));
    now = g_get_monotonic_time ();
  }
  g_mutex_unlock (&pacer->lock);
}

/* abs-send-time: seconds with 18 binary places in three bytes. webrtc.org/experiments/rtp-hdrext/abs-send-time */
static GstBuffer *
write_send_time (GstBuffer * buffer, guint8 id)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint64 time = g_get_real_time ();
  guint8 data[3];

  GST_WRITE_UINT24_BE (data, ((time << 18) / G_TIME_SPAN_SECOND) & 0xffffff);
  buffer = gst_buffer_make_writable (buffer);
  if (gst_rtp_buffer_map (buffer, GST_MAP_READWRITE, &rtp)) {
    gst_rtp_buffer_add_extension_onebyte_header (&rtp, id, data, sizeof (data));
    gst_rtp_buffer_unmap (&rtp);
  }
  return buffer;
}

/* Remembers whose packets pass here, and where they begin anew. */
static void
note_packet (Paced * paced, GstBuffer * buffer)
{
  gboolean resumes =
      g_atomic_int_compare_and_exchange (&paced->resumes, TRUE, FALSE);
  guint8 header[12];

  if ((paced->ssrc != 0 && !resumes)
      || gst_buffer_extract (buffer, 0, header, sizeof (header)) <
      sizeof (header))
    return;
  g_mutex_lock (&paced->pacer->lock);
  paced->ssrc = GST_READ_UINT32_BE (header + 8);
  if (resumes) {
    paced->first = GST_READ_UINT16_BE (header + 2);
    paced->resumed = g_get_monotonic_time ();
  }
  g_mutex_unlock (&paced->pacer->lock);
}

static GstFlowReturn
paced_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Paced *paced = pad->chaindata;

  if (!drops (paced))
    wait_turn (paced, gst_buffer_get_size (buffer));
  if (drops (paced)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  note_packet (paced, buffer);
  if (paced->send_time_id != 0)
    buffer = write_send_time (buffer, paced->send_time_id);
  return paced->chain (pad, parent, buffer);
}

/* A share of the rate for retransmissions, and how much of it may be saved up. Without a limit, what a full queue has dropped
 * fills it again and again: the bridge asks for a packet up to ten times, the RTP session repeats it each time (1.28). */
#define RTX_SHARE 0.3
#define RTX_SAVED (200 * G_TIME_SPAN_MILLISECOND)
#define RTX_SIZE 1200           /* bytes; requests don't say */

/* For so long after a skip somebody may ask for what went before; after that, numbers may have come round. */
#define ASKED_LATE (2 * G_TIME_SPAN_SECOND)

/* Whether nobody needs a packet any more: the key frame that makes it useless has been sent, or will be. */
static gboolean
is_useless (GstxPacer * pacer, guint ssrc, guint number, gint64 now)
{
  GSList *each;

  for (each = pacer->streams; each != NULL; each = each->next) {
    Paced *paced = each->data;

    if (paced->ssrc != ssrc)
      continue;
    if (drops (paced))
      return TRUE;
    return paced->resumed != 0 && now - paced->resumed < ASKED_LATE
        && (gint16) (number - paced->first) < 0;
  }
  return FALSE;
}

static GstPadProbeReturn
limit_retransmission (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstxPacer *pacer = user_data;
  GstPadProbeReturn ret = GST_PAD_PROBE_OK;
  gint64 now = g_get_monotonic_time ();
  guint ssrc = 0, number = 0;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CUSTOM_UPSTREAM
      || !gst_event_has_name (event, "GstRTPRetransmissionRequest"))
    return GST_PAD_PROBE_OK;
  gst_structure_get (gst_event_get_structure (event), "ssrc", G_TYPE_UINT,
      &ssrc, "seqnum", G_TYPE_UINT, &number, NULL);
  g_mutex_lock (&pacer->lock);
  if (is_useless (pacer, ssrc, number, now)) {
    ret = GST_PAD_PROBE_DROP;
  } else if (pacer->rate > 0) {
    pacer->granted = MAX (pacer->granted, now - RTX_SAVED);
    if (pacer->granted > now) {
      ret = GST_PAD_PROBE_DROP;
    } else {
      pacer->granted +=
          RTX_SIZE * 8 * G_TIME_SPAN_SECOND / (RTX_SHARE * pacer->rate);
      pacer->next += RTX_SIZE * 8 * G_TIME_SPAN_SECOND / pacer->rate;
    }
  }
  g_mutex_unlock (&pacer->lock);
  return ret;
}

void
gstx_pacer_limit_retransmissions (GstxPacer * pacer, GstPad * pad)
{
  g_atomic_int_inc (&pacer->refs);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      limit_retransmission, pacer, (GDestroyNotify) gstx_pacer_unref);
}

static void
free_paced (gpointer data)
{
  GstxPacer *pacer = ((Paced *) data)->pacer;

  g_mutex_lock (&pacer->lock);
  pacer->streams = g_slist_remove (pacer->streams, data);
  g_mutex_unlock (&pacer->lock);
  gst_clear_object (&((Paced *) data)->queue);
  gstx_pacer_unref (pacer);
  g_free (data);
}

void
gstx_pacer_add (GstxPacer * pacer, GstPad * pad, guint8 send_time_id)
{
  Paced *paced = g_new0 (Paced, 1);

  g_atomic_int_inc (&pacer->refs);
  paced->pacer = pacer;
  paced->send_time_id = send_time_id;
  paced->chain = GST_PAD_CHAINFUNC (pad);
  g_mutex_lock (&pacer->lock);
  pacer->streams = g_slist_prepend (pacer->streams, paced);
  g_mutex_unlock (&pacer->lock);
  gst_pad_set_chain_function_full (pad, paced_chain, paced, free_paced);
}

static void
wake (GstxPacer * pacer)
{
  g_mutex_lock (&pacer->lock);
  g_cond_broadcast (&pacer->changed);
  g_mutex_unlock (&pacer->lock);
}

void
gstx_pacer_drop (GstxPacer * pacer, GstPad * pad, gboolean drop)
{
  Paced *paced = pad->chaindata;

  g_return_if_fail (GST_PAD_CHAINFUNC (pad) == paced_chain);
  g_atomic_int_set (&paced->drop, drop);
  if (!drop)                    /* what was to end a skip may be gone with its payloader */
    g_atomic_int_set (&paced->skip, FALSE);
  wake (pacer);
}

void
gstx_pacer_hurry (GstxPacer * pacer, GstPad * pad, GstElement * queue)
{
  Paced *paced = pad->chaindata;
  GstElement *before;

  g_return_if_fail (GST_PAD_CHAINFUNC (pad) == paced_chain);
  g_mutex_lock (&pacer->lock);
  before = paced->queue;
  paced->queue = queue != NULL ? gst_object_ref (queue) : NULL;
  g_mutex_unlock (&pacer->lock);
  gst_clear_object (&before);
}

/* What is skipped is not numbered either, but for the rest of the frame that was on its way: a gap would be asked for. */
static GstPadProbeReturn
end_skip (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Paced *paced = GST_PAD (user_data)->chaindata;

  if (GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info),
          GST_BUFFER_FLAG_DELTA_UNIT))
    return GST_PAD_PROBE_DROP;
  g_atomic_int_set (&paced->resumes, TRUE);
  g_atomic_int_set (&paced->skip, FALSE);
  return GST_PAD_PROBE_REMOVE;
}

/* The key frame after a skip comes to a queue that is full, if packets are lost there: it would lose its first ones, too. */
#define SKIP_PAUSE (60 * G_TIME_SPAN_MILLISECOND)

void
gstx_pacer_skip (GstxPacer * pacer, GstPad * pad, GstPad * frames)
{
  Paced *paced = pad->chaindata;

  g_return_if_fail (GST_PAD_CHAINFUNC (pad) == paced_chain);
  if (!g_atomic_int_compare_and_exchange (&paced->skip, FALSE, TRUE))
    return;
  gst_pad_add_probe (frames, GST_PAD_PROBE_TYPE_BUFFER, end_skip,
      gst_object_ref (pad), gst_object_unref);
  g_mutex_lock (&pacer->lock);
  pacer->next = MAX (pacer->next, g_get_monotonic_time () + SKIP_PAUSE);
  g_mutex_unlock (&pacer->lock);
  wake (pacer);
}

void
gstx_pacer_set_rate (GstxPacer * pacer, guint rate)
{
  g_mutex_lock (&pacer->lock);
  pacer->rate = rate;
  g_cond_broadcast (&pacer->changed);
  g_mutex_unlock (&pacer->lock);
}

void
gstx_pacer_close (GstxPacer * pacer)
{
  g_mutex_lock (&pacer->lock);
  pacer->closed = TRUE;
  g_cond_broadcast (&pacer->changed);
  g_mutex_unlock (&pacer->lock);
}
