#include "sink_pad.h"

enum
{
  PROP_0,
  PROP_MUTE,
  PROP_VIDEO_TYPE,
  PROP_MAX_BITRATE,
  PROP_TARGET_BITRATE,
  N_PROPS
};

typedef struct
{
  GstGhostPad parent;
  gboolean mute;                /* the object's lock guards all of them */
  gint video_type;
  guint max_bitrate;
  guint target_bitrate;
} GstJitsiSinkPad;

typedef struct
{
  GstGhostPadClass parent_class;
} GstJitsiSinkPadClass;

static GParamSpec *props[N_PROPS];

GType gst_jitsi_sink_pad_get_type (void);
G_DEFINE_TYPE (GstJitsiSinkPad, gst_jitsi_sink_pad, GST_TYPE_GHOST_PAD);

#define SINK_PAD(object) ((GstJitsiSinkPad *) (object))

GType
gstx_video_type_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {0, "Nothing: others see no picture", "none"},
    {1, "A camera", "camera"},
    {2, "A screen", "desktop"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstJitsiVideoType",
            values));
  return type;
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * spec)
{
  GstJitsiSinkPad *pad = SINK_PAD (object);

  GST_OBJECT_LOCK (pad);
  switch (id) {
    case PROP_MUTE:
      g_value_set_boolean (value, pad->mute);
      break;
    case PROP_VIDEO_TYPE:
      g_value_set_enum (value, pad->video_type);
      break;
    case PROP_MAX_BITRATE:
      g_value_set_uint (value, pad->max_bitrate);
      break;
    case PROP_TARGET_BITRATE:
      g_value_set_uint (value, pad->target_bitrate);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
  }
  GST_OBJECT_UNLOCK (pad);
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * spec)
{
  GstJitsiSinkPad *pad = SINK_PAD (object);

  GST_OBJECT_LOCK (pad);
  switch (id) {
    case PROP_MUTE:
      pad->mute = g_value_get_boolean (value);
      break;
    case PROP_VIDEO_TYPE:
      pad->video_type = g_value_get_enum (value);
      break;
    case PROP_MAX_BITRATE:
      pad->max_bitrate = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
  }
  GST_OBJECT_UNLOCK (pad);
}

static void
gst_jitsi_sink_pad_class_init (GstJitsiSinkPadClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags writable =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  props[PROP_MUTE] = g_param_spec_boolean ("mute", "Mute",
      "Send nothing, and tell the others; a moderator may set it", FALSE,
      writable);
  props[PROP_VIDEO_TYPE] = g_param_spec_enum ("video-type", "Video type",
      "What the pictures show; of a video pad. By itself the first one is a camera and the second one a screen",
      gstx_video_type_type (), 1, writable);
  props[PROP_MAX_BITRATE] = g_param_spec_uint ("max-bitrate",
      "Maximum bitrate",
      "Greatest bitrate of this video (bit/s); 0: the element's max-bitrate",
      0, G_MAXINT, 0, writable);
  props[PROP_TARGET_BITRATE] = g_param_spec_uint ("target-bitrate",
      "Target bitrate",
      "What the network carries of this video now (bit/s); 0: not known yet", 0,
      G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
gst_jitsi_sink_pad_init (GstJitsiSinkPad * pad)
{
  pad->video_type = 1;
}

/* What is inside takes the codec that it was made for. It is made anew for another one, with the caps, so nobody may be told that
 * another one is refused. */
static gboolean
query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstCaps *tmpl, *caps;
  gboolean accepted;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      tmpl = gst_pad_get_pad_template_caps (pad);
      gst_query_parse_caps (query, &caps);
      caps = caps != NULL ? gst_caps_intersect_full (caps, tmpl, GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (tmpl);
      gst_query_set_caps_result (query, caps);
      gst_caps_unref (caps);
      gst_caps_unref (tmpl);
      return TRUE;
    case GST_QUERY_ACCEPT_CAPS:
      tmpl = gst_pad_get_pad_template_caps (pad);
      gst_query_parse_accept_caps (query, &caps);
      accepted = gst_caps_can_intersect (caps, tmpl);
      gst_query_set_accept_caps_result (query, accepted);
      gst_caps_unref (tmpl);
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

GType
gstx_sink_pad_type (void)
{
  return gst_jitsi_sink_pad_get_type ();
}

GstPad *
gstx_sink_pad_new (const char *name, GstPadTemplate * tmpl, GstPad * target,
    gint video_type)
{
  GstPad *pad =
      g_object_ref_sink (g_object_new (gst_jitsi_sink_pad_get_type (), "name",
          name, "direction", GST_PAD_SINK, "template", tmpl, NULL));

  SINK_PAD (pad)->video_type = video_type;
  gst_pad_set_query_function (pad, query);
  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), target);
  return pad;
}

void
gstx_sink_pad_set_target_bitrate (GstPad * pad, guint bitrate)
{
  gboolean changed;

  GST_OBJECT_LOCK (pad);
  changed = SINK_PAD (pad)->target_bitrate != bitrate;
  SINK_PAD (pad)->target_bitrate = bitrate;
  GST_OBJECT_UNLOCK (pad);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (pad), props[PROP_TARGET_BITRATE]);
}

gboolean
gstx_sink_pad_mute (GstPad * pad)
{
  gboolean mute;

  GST_OBJECT_LOCK (pad);
  mute = SINK_PAD (pad)->mute;
  GST_OBJECT_UNLOCK (pad);
  return mute;
}

gint
gstx_sink_pad_video_type (GstPad * pad)
{
  gint type;

  GST_OBJECT_LOCK (pad);
  type = SINK_PAD (pad)->video_type;
  GST_OBJECT_UNLOCK (pad);
  return type;
}

guint
gstx_sink_pad_max_bitrate (GstPad * pad)
{
  guint bitrate;

  GST_OBJECT_LOCK (pad);
  bitrate = SINK_PAD (pad)->max_bitrate;
  GST_OBJECT_UNLOCK (pad);
  return bitrate;
}
