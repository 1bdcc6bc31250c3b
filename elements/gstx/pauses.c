/* libvpx measures the frame rate of what it gets, and is lost after a pause of more than a second: the next frame, whose distance from
 * the one after it is as usual, makes it average a second that is shorter than the pause, which gives a negative rate, for ever. With
 * temporal layers it then makes a third of its bitrate, without them it takes the rate for 30 (vp8_get_compressed_data,
 * adjust_frame_rate of VP9; 1.12 to 1.15). So it is not told of pauses: a frame is as far from the one before as its own duration. */
#include "gstx.h"

#define PAUSE GST_SECOND

/* All of it is the streaming thread's: without look-ahead, what comes of a frame leaves the encoder before the next comes in. */
typedef struct
{
  GstSegment segment;
  GstClockTime last;            /* PTS of the last frame, as it came; NONE: none in this segment */
  GstClockTime hidden;          /* how long the pauses in this segment were, less a frame each */
} Pauses;

/* Some elements repeat the segment after a pause; another one has times of its own. */
static void
note_segment (Pauses * pauses, GstEvent * event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (gst_segment_is_equal (segment, &pauses->segment))
    return;
  gst_segment_copy_into (segment, &pauses->segment);
  pauses->last = GST_CLOCK_TIME_NONE;
  pauses->hidden = 0;
}

static void
note_frame (Pauses * pauses, GstBuffer * frame)
{
  GstClockTime pts = GST_BUFFER_PTS (frame), usual = GST_BUFFER_DURATION (frame);

  if (GST_CLOCK_TIME_IS_VALID (pauses->last) && pts > pauses->last + PAUSE
      && GST_CLOCK_TIME_IS_VALID (usual) && usual < PAUSE)
    pauses->hidden += pts - pauses->last - usual;
  pauses->last = pts;
}

static GstPadProbeReturn
hide (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Pauses *pauses = user_data;
  GstBuffer *frame;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_SEGMENT)
      note_segment (pauses, GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }
  frame = GST_PAD_PROBE_INFO_BUFFER (info);
  if (!GST_BUFFER_PTS_IS_VALID (frame))
    return GST_PAD_PROBE_OK;
  note_frame (pauses, frame);
  if (pauses->hidden > 0) {
    info->data = frame = gst_buffer_make_writable (frame);
    GST_BUFFER_PTS (frame) -= pauses->hidden;
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
restore (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Pauses *pauses = user_data;
  GstBuffer *frame;

  if (pauses->hidden == 0)
    return GST_PAD_PROBE_OK;
  info->data = frame = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  if (GST_BUFFER_PTS_IS_VALID (frame))
    GST_BUFFER_PTS (frame) += pauses->hidden;
  if (GST_BUFFER_DTS_IS_VALID (frame))
    GST_BUFFER_DTS (frame) += pauses->hidden;
  return GST_PAD_PROBE_OK;
}

void
gstx_hide_pauses (GstElement * encoder)
{
  GstPad *sink = gst_element_get_static_pad (encoder, "sink");
  GstPad *src = gst_element_get_static_pad (encoder, "src");
  Pauses *pauses = g_atomic_rc_box_new0 (Pauses);

  gst_segment_init (&pauses->segment, GST_FORMAT_UNDEFINED);
  pauses->last = GST_CLOCK_TIME_NONE;
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      hide, pauses, (GDestroyNotify) g_atomic_rc_box_release);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, restore,
      g_atomic_rc_box_acquire (pauses), (GDestroyNotify) g_atomic_rc_box_release);
  gst_object_unref (sink);
  gst_object_unref (src);
}
