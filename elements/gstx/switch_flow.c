#include "switch_private.h"

static gboolean
is_video (GstCaps * caps)
{
  return caps && !gst_caps_is_empty (caps) && g_str_has_prefix
      (gst_structure_get_name (gst_caps_get_structure (caps, 0)), "video/");
}

static gboolean
is_raw (GstCaps * caps)
{
  return g_str_has_suffix (gst_structure_get_name (gst_caps_get_structure (caps,
              0)), "/x-raw");
}

/* With the lock held. */
static GstCaps *
caps_of (GstxSwitchPad * pad, gboolean again, GstxSwitch * self)
{
  if (again)
    return self->picture_caps;
  return pad->announced ? pad->announced : pad->caps;
}

typedef enum
{
  SAME,                         /* as what was sent: nothing is told */
  CHANGED,                      /* is told */
  REFUSED,
} Change;

/* A muxer keeps its header: another size of the same codec is in the stream itself, another codec can't be told. Nor can other
 * parameter sets, to most muxers, but H.264 repeats them in front of each key frame. */
static Change
change_for_muxer (GstCaps * sent, GstCaps * caps, guint muxer)
{
  GstStructure *a = gst_caps_get_structure (sent, 0);
  GstStructure *b = gst_caps_get_structure (caps, 0);
  const GValue *x = gst_structure_get_value (a, "codec_data");
  const GValue *y = gst_structure_get_value (b, "codec_data");

  if (g_strcmp0 (gst_structure_get_name (a), gst_structure_get_name (b)) != 0
      || is_raw (caps))
    return REFUSED;
  if (x == NULL || y == NULL)
    return x == y ? SAME : REFUSED;
  if (gst_value_compare (x, y) == GST_VALUE_EQUAL)
    return SAME;
  if (!gst_structure_has_name (a, "video/x-h264"))
    return REFUSED;
  if (muxer & GSTX_MUXER_TAKES_CHANGES)
    return CHANGED;
  return muxer & GSTX_MUXER_BEHIND_PARSER ? REFUSED : SAME;
}

static gboolean
add_field (GQuark field, const GValue * value, gpointer user_data)
{
  GstStructure *s = user_data;

  if (!gst_structure_id_has_field (s, field))
    gst_structure_id_set_value (s, field, value);
  return TRUE;
}

/* A muxer that takes a change takes no caps that say less than those before. */
static GstCaps *
without_losses (GstCaps * sent, GstCaps * caps)
{
  caps = gst_caps_copy (caps);
  gst_structure_foreach (gst_caps_get_structure (sent, 0), add_field,
      gst_caps_get_structure (caps, 0));
  return caps;
}

static void
send_start (GstxSwitch * self)
{
  gchar *id = g_strdup_printf ("jitsi/%u/%s", self->group,
      GST_ELEMENT_NAME (self));
  GstEvent *event = gst_event_new_stream_start (id);

  gst_event_set_group_id (event, self->group);
  gst_pad_push_event (self->output, event);
  g_free (id);
}

/* Says whether the buffer's caps can be sent. With push held. */
static gboolean
send_caps (GstxSwitch * self, GstxSwitchPad * pad, gboolean again)
{
  GstCaps *caps, *told;
  gboolean same, refused, first;
  Change change;

  g_mutex_lock (&self->lock);
  caps = caps_of (pad, again, self);
  if (caps == NULL || caps == pad->refused) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  if (self->sent == NULL)
    change = CHANGED;
  else if (caps == self->sent || gst_caps_is_equal (caps, self->sent))
    change = SAME;
  else
    change = self->muxer ? change_for_muxer (self->sent, caps, self->muxer)
        : CHANGED;
  same = change == SAME;
  refused = change == REFUSED;
  if (change == CHANGED && self->sent != NULL && self->muxer)
    told = without_losses (self->sent, caps);
  else
    told = gst_caps_ref (caps);
  if (refused)
    gst_caps_replace (&pad->refused, caps);
  else if (!same)
    gst_caps_replace (&self->sent, told);
  first = !self->started;
  self->started = TRUE;
  gst_caps_ref (caps);
  g_mutex_unlock (&self->lock);

  if (refused) {
    GST_WARNING_OBJECT (pad, "the peer takes no change to %" GST_PTR_FORMAT,
        caps);
    goGstxSwitch (self->id, GSTX_REFUSED, pad->serial);
  } else {
    if (first)
      send_start (self);
    if (!same)
      gst_pad_push_event (self->output, gst_event_new_caps (told));
    if (first) {
      GstSegment segment;

      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_pad_push_event (self->output, gst_event_new_segment (&segment));
    }
  }
  gst_caps_unref (told);
  gst_caps_unref (caps);
  return !refused;
}

/* With push held. */
static void
send_title (GstxSwitch * self)
{
  GstTagList *tags = NULL;

  g_mutex_lock (&self->lock);
  if (!self->title_sent) {
    self->title_sent = TRUE;
    if (self->title) {
      tags = gst_tag_list_new (GST_TAG_TITLE, self->title, NULL);
      gst_tag_list_set_scope (tags, GST_TAG_SCOPE_STREAM);
    }
  }
  g_mutex_unlock (&self->lock);
  if (tags)
    gst_pad_push_event (self->output, gst_event_new_tag (tags));
}

/* Running time of a time stamp; GST_CLOCK_TIME_NONE where there is none. */
static GstClockTime
running_time (GstxSwitchPad * pad, GstClockTime stamp)
{
  GstClockTime t;

  if (!GST_CLOCK_TIME_IS_VALID (stamp)
      || pad->segment.format != GST_FORMAT_TIME)
    return GST_CLOCK_TIME_NONE;
  t = gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, stamp);
  if (!GST_CLOCK_TIME_IS_VALID (t) || t < pad->lag)
    return GST_CLOCK_TIME_NONE;
  return t - pad->lag;
}

/* Puts a buffer on the output's time, which never goes back when the input changes. Video that comes too early is shown
 * late, since the next pictures need it; sound is dropped. NULL: dropped. With push held. */
static GstBuffer *
stamp (GstxSwitch * self, GstxSwitchPad * pad, GstBuffer * buffer)
{
  GstClockTime pts = running_time (pad, GST_BUFFER_PTS (buffer));
  GstClockTime dts = running_time (pad, GST_BUFFER_DTS (buffer));
  GstClockTime now = GST_CLOCK_TIME_IS_VALID (dts) ? dts : pts;
  gboolean fresh = !pad->settled;

  if (!GST_CLOCK_TIME_IS_VALID (now)) {
    gst_buffer_unref (buffer);
    return NULL;
  }
  if (!pad->settled && GST_CLOCK_TIME_IS_VALID (self->last) && now < self->last) {
    if (pad->filler || !is_video (pad->caps)) {
      gst_buffer_unref (buffer);
      return NULL;
    }
    if (GST_CLOCK_TIME_IS_VALID (pts))
      pts += self->last - now;
    now = self->last;
    if (GST_CLOCK_TIME_IS_VALID (dts))
      dts = now;
  } else {
    pad->settled = TRUE;
  }
  self->last = now;
  if (pts != GST_BUFFER_PTS (buffer) || dts != GST_BUFFER_DTS (buffer)
      || fresh) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_PTS (buffer) = pts;
    GST_BUFFER_DTS (buffer) = dts;
    if (fresh)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  }
  return buffer;
}

/* The last picture at a filler's time. With the lock held; NULL where there is none. */
static GstBuffer *
again (GstxSwitch * self, GstBuffer * tick)
{
  GstBuffer *picture;

  if (self->picture == NULL)
    return NULL;
  picture = gst_buffer_copy (self->picture);
  GST_BUFFER_PTS (picture) = GST_BUFFER_PTS (tick);
  GST_BUFFER_DTS (picture) = GST_BUFFER_DTS (tick);
  GST_BUFFER_DURATION (picture) = GST_BUFFER_DURATION (tick);
  return picture;
}

/* Keeps a picture that the peer takes, to repeat it. */
static void
keep_picture (GstxSwitch * self, GstxSwitchPad * pad, GstBuffer * buffer)
{
  g_mutex_lock (&self->lock);
  if (!pad->filler && is_video (pad->caps) && !(pad->gated
          && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))) {
    gst_buffer_replace (&self->picture, buffer);
    gst_caps_replace (&self->picture_caps, pad->caps);
  }
  g_mutex_unlock (&self->lock);
}

static void
output (GstxSwitch * self, GstxSwitchPad * pad, GstBuffer * buffer)
{
  GstBuffer *picture = NULL;
  GstFlowReturn ret;
  gboolean repeat, refused = FALSE;

  g_mutex_lock (&self->lock);
  repeat = pad->filler && pad->repeat;
  if (repeat)
    picture = again (self, buffer);
  g_mutex_unlock (&self->lock);
  if (repeat) {
    gst_buffer_unref (buffer);
    buffer = picture;
  }
  if (buffer == NULL)
    return;
  if (!send_caps (self, pad, repeat)) {
    gst_buffer_unref (buffer);
    return;
  }
  if (!repeat)
    keep_picture (self, pad, buffer);
  send_title (self);
  buffer = stamp (self, pad, buffer);
  if (buffer == NULL)
    return;
  ret = gst_pad_push (self->output, buffer);
  if (ret != GST_FLOW_NOT_NEGOTIATED)
    return;
  g_mutex_lock (&self->lock);
  if (!pad->filler && pad->refused != pad->caps) {
    gst_caps_replace (&pad->refused, pad->caps);
    refused = TRUE;
  }
  g_mutex_unlock (&self->lock);
  if (refused)
    goGstxSwitch (self->id, GSTX_REFUSED, pad->serial);
}

static void
request_key_frame (GstPad * pad)
{
  gst_pad_push_event (pad, gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
          gst_structure_new ("GstForceKeyUnit", "all-headers", G_TYPE_BOOLEAN,
              TRUE, NULL)));
}

/* Whatever goes wrong behind the output is not the input's matter: it would end the reception of all. */
GstFlowReturn
gstx_switch_chain (GstPad * gstpad, GstObject * parent, GstBuffer * buffer)
{
  GstxSwitch *self = SWITCH (parent);
  GstxSwitchPad *pad = SWITCH_PAD (gstpad);
  gboolean opens = FALSE, waits = FALSE, heard;

  g_mutex_lock (&self->lock);
  pad->seen = g_get_monotonic_time ();
  if (pad == self->pending) {
    waits = pad->gated
        && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    if (!waits) {
      self->active = pad;
      self->pending = NULL;
      pad->settled = FALSE;
      opens = TRUE;
    }
  }
  heard = pad == self->active;
  g_mutex_unlock (&self->lock);

  if (opens)
    goGstxSwitch (self->id, GSTX_SWITCHED, pad->serial);
  if (waits)
    request_key_frame (gstpad);
  if (heard) {
    g_mutex_lock (&self->push);
    g_mutex_lock (&self->lock);
    heard = pad == self->active;        /* while we waited */
    g_mutex_unlock (&self->lock);
    if (heard)
      output (self, pad, gst_buffer_ref (buffer));
    g_mutex_unlock (&self->push);
  }
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

void
gstx_switch_input_caps (GstxSwitch * self, GstxSwitchPad * pad, GstEvent * event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  g_mutex_lock (&self->lock);
  gst_caps_replace (&pad->caps, caps);
  pad->gated = !pad->filler && is_video (caps) && !is_raw (caps);
  g_mutex_unlock (&self->lock);
}

void
gstx_switch_input_gap (GstxSwitch * self, GstxSwitchPad * pad, GstEvent * event)
{
  GstClockTime t, duration;
  gboolean heard;

  gst_event_parse_gap (event, &t, &duration);
  t = running_time (pad, t);
  if (!GST_CLOCK_TIME_IS_VALID (t))
    return;
  g_mutex_lock (&self->push);
  g_mutex_lock (&self->lock);
  heard = pad == self->active && pad->settled && self->started
      && pad->refused == NULL;
  g_mutex_unlock (&self->lock);
  if (heard)
    gst_pad_push_event (self->output, gst_event_new_gap (t, duration));
  g_mutex_unlock (&self->push);
}
