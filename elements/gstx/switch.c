#include "switch_private.h"

G_DEFINE_TYPE (GstxSwitchPad, gstx_switch_pad, GST_TYPE_PAD);
G_DEFINE_TYPE (GstxSwitch, gstx_switch, GST_TYPE_ELEMENT);

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
input_event (GstPad * gstpad, GstObject * parent, GstEvent * event)
{
  GstxSwitch *self = SWITCH (parent);
  GstxSwitchPad *pad = SWITCH_PAD (gstpad);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gstx_switch_input_caps (self, pad, event);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &pad->segment);
      break;
    case GST_EVENT_GAP:
      gstx_switch_input_gap (self, pad, event);
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
  gst_pad_set_chain_function (&pad->pad, gstx_switch_chain);
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
  caps = self->sent ? gst_caps_ref (self->sent) : NULL;
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
gstx_switch_set_muxer (GstxSwitch * self, guint muxer)
{
  g_mutex_lock (&self->lock);
  self->muxer = muxer;
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
