#include "switch.h"

/* Runs for every buffer that an application's pad gives out. Two locks: `lock` guards the fields and is held for moments;
 * `push` keeps two inputs from pushing at once and is held while what follows works, by streaming threads only. Whoever
 * holds both took `push` first. */

typedef struct
{
  GstPad pad;
  guint serial;
  GstSegment segment;           /* streaming thread only */
  GstCaps *caps;
  GstCaps *announced;           /* a filler's, instead of caps */
  GstCaps *refused;             /* nothing of these caps is let through */
  gboolean filler;
  gboolean repeat;              /* a filler's buffers say when the last picture is shown again */
  gboolean gated;               /* begins with a key frame */
  gboolean settled;             /* its time does not go back behind what was sent before */
  GstClockTime lag;
  gint64 seen;                  /* monotonic time of the last buffer, microseconds */
} GstxSwitchPad;

typedef struct
{
  GstPadClass parent_class;
} GstxSwitchPadClass;

struct _GstxSwitch
{
  GstElement element;
  GstPad *output;
  GMutex lock;
  GMutex push;
  guint64 id;
  guint group;
  GstCaps *supported;
  GstClockTime latency;
  gboolean constant;            /* the peer takes no other caps than the first */
  gboolean started;             /* stream-start and segment were sent */
  gboolean restart;             /* send everything again */
  gchar *title;
  gboolean title_sent;
  GstxSwitchPad *active;        /* heard */
  GstxSwitchPad *pending;       /* heard from its first key frame on */
  GstCaps *sent;                /* caps */
  GstClockTime last;            /* running time of the last buffer */
  GstBuffer *picture;           /* that can be shown again */
  GstCaps *picture_caps;
};

typedef struct
{
  GstElementClass parent_class;
} GstxSwitchClass;

extern void goGstxSwitch (guint64 id, gint what, guint serial);

GType gstx_switch_pad_get_type (void);
GType gstx_switch_get_type (void);
G_DEFINE_TYPE (GstxSwitchPad, gstx_switch_pad, GST_TYPE_PAD);
G_DEFINE_TYPE (GstxSwitch, gstx_switch, GST_TYPE_ELEMENT);

#define SWITCH(object) ((GstxSwitch *) (object))
#define SWITCH_PAD(object) ((GstxSwitchPad *) (object))

static void
gstx_switch_pad_init (GstxSwitchPad * pad)
{
  gst_segment_init (&pad->segment, GST_FORMAT_TIME);
}

static void
gstx_switch_pad_finalize (GObject * object)
{
  GstxSwitchPad *pad = SWITCH_PAD (object);

  gst_clear_caps (&pad->caps);
  gst_clear_caps (&pad->announced);
  gst_clear_caps (&pad->refused);
  G_OBJECT_CLASS (gstx_switch_pad_parent_class)->finalize (object);
}

static void
gstx_switch_pad_class_init (GstxSwitchPadClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gstx_switch_pad_finalize;
}

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

/* A muxer keeps its header: another size of the same codec is in the stream itself, another codec can't be told. */
static gboolean
same_stream (GstCaps * sent, GstCaps * caps)
{
  GstStructure *a = gst_caps_get_structure (sent, 0);
  GstStructure *b = gst_caps_get_structure (caps, 0);
  const GValue *x = gst_structure_get_value (a, "codec_data");
  const GValue *y = gst_structure_get_value (b, "codec_data");

  if (g_strcmp0 (gst_structure_get_name (a), gst_structure_get_name (b)) != 0
      || is_raw (caps))
    return FALSE;
  if (x == NULL || y == NULL)
    return x == y;
  return gst_value_compare (x, y) == GST_VALUE_EQUAL;
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
  GstCaps *caps;
  gboolean refused = FALSE, same, first;

  g_mutex_lock (&self->lock);
  caps = caps_of (pad, again, self);
  if (caps == NULL || caps == pad->refused) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  same = self->sent != NULL && (caps == self->sent
      || gst_caps_is_equal (caps, self->sent));
  if (!same && self->sent != NULL && self->constant) {
    same = same_stream (self->sent, caps);
    refused = !same;
  }
  if (refused)
    gst_caps_replace (&pad->refused, caps);
  else if (!same)
    gst_caps_replace (&self->sent, caps);
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
      gst_pad_push_event (self->output, gst_event_new_caps (caps));
    if (first) {
      GstSegment segment;

      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_pad_push_event (self->output, gst_event_new_segment (&segment));
    }
  }
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

/* With the lock held. */
static void
keep_picture (GstxSwitch * self, GstxSwitchPad * pad, GstBuffer * buffer)
{
  if (pad->filler || !is_video (pad->caps))
    return;
  if (pad->gated && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    return;
  gst_buffer_replace (&self->picture, buffer);
  gst_caps_replace (&self->picture_caps, pad->caps);
}

static void
output (GstxSwitch * self, GstxSwitchPad * pad, GstBuffer * buffer)
{
  GstBuffer *picture = NULL;
  GstFlowReturn ret;
  gboolean repeat, refused = FALSE;

  g_mutex_lock (&self->lock);
  if (self->restart) {
    self->restart = self->started = self->title_sent = FALSE;
    self->last = GST_CLOCK_TIME_NONE;
    gst_caps_replace (&self->sent, NULL);
  }
  repeat = pad->filler && pad->repeat;
  if (repeat)
    picture = again (self, buffer);
  else
    keep_picture (self, pad, buffer);
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
static GstFlowReturn
input_chain (GstPad * gstpad, GstObject * parent, GstBuffer * buffer)
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

static void
input_caps (GstxSwitch * self, GstxSwitchPad * pad, GstEvent * event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  g_mutex_lock (&self->lock);
  gst_caps_replace (&pad->caps, caps);
  pad->gated = !pad->filler && is_video (caps) && !is_raw (caps);
  g_mutex_unlock (&self->lock);
}

static void
input_gap (GstxSwitch * self, GstxSwitchPad * pad, GstEvent * event)
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

static gboolean
input_event (GstPad * gstpad, GstObject * parent, GstEvent * event)
{
  GstxSwitch *self = SWITCH (parent);
  GstxSwitchPad *pad = SWITCH_PAD (gstpad);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      input_caps (self, pad, event);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &pad->segment);
      break;
    case GST_EVENT_GAP:
      input_gap (self, pad, event);
      break;
    default:                   /* the output has a stream-start of its own, and outlives the end of an input */
      break;
  }
  gst_event_unref (event);
  return TRUE;
}

/* Whether what comes in is not what goes out, so that the peer has no say in it. */
static gboolean
is_replaced (GstxSwitch * self, GstxSwitchPad * pad)
{
  gboolean replaced;

  g_mutex_lock (&self->lock);
  replaced = pad->repeat || pad->announced != NULL;
  g_mutex_unlock (&self->lock);
  return replaced;
}

static gboolean
input_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstxSwitch *self = SWITCH (parent);
  GstCaps *caps, *filter;

  if (is_replaced (self, SWITCH_PAD (pad)))
    return gst_pad_query_default (pad, parent, query);
  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      gst_query_parse_caps (query, &filter);
      caps = gst_pad_peer_query_caps (self->output, filter);
      gst_query_set_caps_result (query, caps);
      gst_caps_unref (caps);
      return TRUE;
    case GST_QUERY_ACCEPT_CAPS:
      gst_query_parse_accept_caps (query, &caps);
      gst_query_set_accept_caps_result (query,
          gst_pad_peer_query_accept_caps (self->output, caps));
      return TRUE;
    default:
      return FALSE;
  }
}

/* The input that is heard, or will be; never a filler where there is another. */
static GstPad *
upstream (GstxSwitch * self)
{
  GstxSwitchPad *pad;

  g_mutex_lock (&self->lock);
  pad = self->active;
  if ((pad == NULL || pad->filler) && self->pending)
    pad = self->pending;
  if (pad)
    gst_object_ref (pad);
  g_mutex_unlock (&self->lock);
  return (GstPad *) pad;
}

static gboolean
output_event (GstPad * gstpad, GstObject * parent, GstEvent * event)
{
  GstPad *pad;
  gboolean ret = FALSE;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_RECONFIGURE:
    case GST_EVENT_QOS:
    case GST_EVENT_LATENCY:
    case GST_EVENT_CUSTOM_UPSTREAM:
      if ((pad = upstream (SWITCH (parent)))) {
        ret = gst_pad_push_event (pad, gst_event_ref (event));
        gst_object_unref (pad);
      }
      break;
    default:                   /* nobody can seek in a conference */
      break;
  }
  gst_event_unref (event);
  return ret;
}

/* Live in any case, and never less than the jitter buffer's, also while a filler is heard. */
static void
answer_latency (GstxSwitch * self, GstQuery * query)
{
  GstPad *pad = upstream (self);
  GstClockTime min = 0, max = GST_CLOCK_TIME_NONE, least;
  gboolean live;

  g_mutex_lock (&self->lock);
  least = self->latency;
  g_mutex_unlock (&self->lock);
  if (pad) {
    if (!SWITCH_PAD (pad)->filler && gst_pad_peer_query (pad, query))
      gst_query_parse_latency (query, &live, &min, &max);
    gst_object_unref (pad);
  }
  gst_query_set_latency (query, TRUE, MAX (min, least), max);
}

static gboolean
output_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstxSwitch *self = SWITCH (parent);
  GstCaps *caps, *filter;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_LATENCY:
      answer_latency (self, query);
      return TRUE;
    case GST_QUERY_CAPS:
      gst_query_parse_caps (query, &filter);
      caps = filter ? gst_caps_intersect_full (filter, self->supported,
          GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (self->supported);
      gst_query_set_caps_result (query, caps);
      gst_caps_unref (caps);
      return TRUE;
    case GST_QUERY_SCHEDULING:
    case GST_QUERY_ACCEPT_CAPS:
      return gst_pad_query_default (pad, parent, query);
    default:
      return FALSE;
  }
}

static void
gstx_switch_finalize (GObject * object)
{
  GstxSwitch *self = SWITCH (object);

  gst_clear_caps (&self->sent);
  gst_clear_caps (&self->supported);
  gst_clear_caps (&self->picture_caps);
  gst_clear_buffer (&self->picture);
  g_free (self->title);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->push);
  G_OBJECT_CLASS (gstx_switch_parent_class)->finalize (object);
}

static void
gstx_switch_class_init (GstxSwitchClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gstx_switch_finalize;
  gst_element_class_set_metadata (GST_ELEMENT_CLASS (klass),
      "Jitsi source switch", "Generic", "The end of a source pad",
      "The gst-jitsi developers");
}

static void
gstx_switch_init (GstxSwitch * self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->push);
  self->last = GST_CLOCK_TIME_NONE;
  self->output = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_event_function (self->output, output_event);
  gst_pad_set_query_function (self->output, output_query);
  gst_element_add_pad (GST_ELEMENT (self), self->output);
}

GstxSwitch *
gstx_switch_new (guint64 id, const char *caps, guint group,
    GstClockTime latency)
{
  GstxSwitch *self = g_object_new (gstx_switch_get_type (), NULL);

  self->id = id;
  self->supported = gst_caps_from_string (caps);
  self->group = group;
  self->latency = latency;
  return g_object_ref_sink (self);
}

GstPad *
gstx_switch_output (GstxSwitch * self)
{
  return gst_object_ref (self->output);
}

GstPad *
gstx_switch_add_input (GstxSwitch * self, guint serial)
{
  gchar *name = g_strdup_printf ("sink_%u", serial);
  GstxSwitchPad *pad = g_object_new (gstx_switch_pad_get_type (), "name", name,
      "direction", GST_PAD_SINK, NULL);

  g_free (name);
  pad->serial = serial;
  pad->seen = g_get_monotonic_time ();
  gst_pad_set_chain_function (&pad->pad, input_chain);
  gst_pad_set_event_function (&pad->pad, input_event);
  gst_pad_set_query_function (&pad->pad, input_query);
  gst_pad_set_active (&pad->pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), gst_object_ref (pad));
  return &pad->pad;
}

/* The input's pad with a reference; NULL where there is none. */
static GstxSwitchPad *
find (GstxSwitch * self, guint serial)
{
  gchar *name = g_strdup_printf ("sink_%u", serial);
  GstPad *pad = gst_element_get_static_pad (GST_ELEMENT (self), name);

  g_free (name);
  return SWITCH_PAD (pad);
}

/* May wait for a thread that is in what follows. */
void
gstx_switch_remove_input (GstxSwitch * self, guint serial)
{
  GstxSwitchPad *pad = find (self, serial);

  if (pad == NULL)
    return;
  gstx_switch_forget (self, serial);
  gst_pad_set_active (&pad->pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (self), &pad->pad);
  gst_object_unref (pad);
}

void
gstx_switch_fill (GstxSwitch * self, guint serial, GstCaps * announced,
    GstClockTime lag)
{
  GstxSwitchPad *pad = find (self, serial);

  if (pad == NULL)
    return;
  g_mutex_lock (&self->lock);
  pad->filler = TRUE;
  pad->gated = FALSE;
  pad->lag = lag;
  gst_caps_replace (&pad->announced, announced);
  g_mutex_unlock (&self->lock);
  gst_object_unref (pad);
}

void
gstx_switch_repeat (GstxSwitch * self, guint serial, gboolean repeat)
{
  GstxSwitchPad *pad = find (self, serial);

  if (pad == NULL)
    return;
  g_mutex_lock (&self->lock);
  pad->repeat = repeat;
  g_mutex_unlock (&self->lock);
  gst_object_unref (pad);
}

void
gstx_switch_show (GstxSwitch * self, guint serial)
{
  GstxSwitchPad *pad = find (self, serial);

  g_mutex_lock (&self->lock);
  self->active = pad;
  if (self->pending == pad)
    self->pending = NULL;
  if (pad)
    pad->settled = FALSE;
  g_mutex_unlock (&self->lock);
  if (pad)
    gst_object_unref (pad);
}

void
gstx_switch_await (GstxSwitch * self, guint serial)
{
  GstxSwitchPad *pad = find (self, serial);

  g_mutex_lock (&self->lock);
  self->pending = pad;
  g_mutex_unlock (&self->lock);
  if (pad)
    gst_object_unref (pad);
}

void
gstx_switch_forget (GstxSwitch * self, guint serial)
{
  g_mutex_lock (&self->lock);
  if (self->active && self->active->serial == serial)
    self->active = NULL;
  if (self->pending && self->pending->serial == serial)
    self->pending = NULL;
  g_mutex_unlock (&self->lock);
}

/* Microseconds since the input's last buffer, or since it was made. */
gint64
gstx_switch_idle (GstxSwitch * self, guint serial)
{
  GstxSwitchPad *pad = find (self, serial);
  gint64 seen;

  if (pad == NULL)
    return 0;
  g_mutex_lock (&self->lock);
  seen = pad->seen;
  g_mutex_unlock (&self->lock);
  gst_object_unref (pad);
  return g_get_monotonic_time () - seen;
}

GstCaps *
gstx_switch_caps (GstxSwitch * self)
{
  GstCaps *caps;

  g_mutex_lock (&self->lock);
  caps = self->sent && !self->restart ? gst_caps_ref (self->sent) : NULL;
  g_mutex_unlock (&self->lock);
  return caps;
}

gboolean
gstx_switch_has_picture (GstxSwitch * self)
{
  gboolean has;

  g_mutex_lock (&self->lock);
  has = self->picture != NULL;
  g_mutex_unlock (&self->lock);
  return has;
}

void
gstx_switch_set_constant (GstxSwitch * self, gboolean constant)
{
  g_mutex_lock (&self->lock);
  self->constant = constant;
  g_mutex_unlock (&self->lock);
}

void
gstx_switch_set_latency (GstxSwitch * self, GstClockTime latency)
{
  g_mutex_lock (&self->lock);
  self->latency = latency;
  g_mutex_unlock (&self->lock);
}

void
gstx_switch_set_title (GstxSwitch * self, const char *title)
{
  g_mutex_lock (&self->lock);
  if (g_strcmp0 (self->title, title) != 0) {
    g_free (self->title);
    self->title = g_strdup (title);
    self->title_sent = FALSE;
  }
  g_mutex_unlock (&self->lock);
}

/* What was sent is forgotten: the peer is another one. */
void
gstx_switch_restart (GstxSwitch * self)
{
  g_mutex_lock (&self->lock);
  self->restart = TRUE;
  g_mutex_unlock (&self->lock);
}

/* Whether what follows a pad, through elements that pass it on, ends in a muxer. Those of 1.22 post an error where caps
 * change, and say in no query that they will. */
static gboolean
leads_to_muxer (GstPad * pad, guint depth)
{
  GstPad *peer = gst_pad_get_peer (pad);
  GstElement *element;
  GstElementFactory *factory;
  GstIterator *links;
  GValue item = G_VALUE_INIT;
  gboolean found = FALSE;

  if (peer == NULL)
    return FALSE;
  element = gst_pad_get_parent_element (peer);
  factory = element ? gst_element_get_factory (element) : NULL;
  if (factory && strstr (gst_element_factory_get_metadata (factory,
              GST_ELEMENT_METADATA_KLASS), "Muxer"))
    found = TRUE;
  gst_clear_object (&element);
  if (!found && depth > 0 && (links = gst_pad_iterate_internal_links (peer))) {
    while (!found && gst_iterator_next (links, &item) == GST_ITERATOR_OK) {
      found = leads_to_muxer (g_value_get_object (&item), depth - 1);
      g_value_reset (&item);
    }
    if (G_IS_VALUE (&item))
      g_value_unset (&item);
    gst_iterator_free (links);
  }
  gst_object_unref (peer);
  return found;
}

gboolean
gstx_leads_to_muxer (GstPad * pad)
{
  return leads_to_muxer (pad, 16);
}
