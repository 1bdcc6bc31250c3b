#include "source_pad.h"

enum
{
  PROP_0,
  PROP_PARTICIPANT_ID,
  PROP_NICK,
  PROP_SOURCE_NAME,
  PROP_CODEC,
  PROP_SSRC,
  PROP_ACTIVE,
  PROP_MAX_HEIGHT,
  PROP_EOS_ON_LEAVE,
  N_PROPS
};

#define N_TEXTS PROP_SSRC       /* the strings come first */

typedef struct
{
  GstGhostPad parent;
  gchar *texts[N_TEXTS];        /* by property; the object's lock guards all of them */
  guint ssrc;
  gboolean active;
  guint max_height;
  gboolean eos_on_leave;
} GstJitsiSourcePad;

typedef struct
{
  GstGhostPadClass parent_class;
} GstJitsiSourcePadClass;

static GParamSpec *props[N_PROPS];

GType gst_jitsi_source_pad_get_type (void);
G_DEFINE_TYPE (GstJitsiSourcePad, gst_jitsi_source_pad, GST_TYPE_GHOST_PAD);

#define SOURCE_PAD(object) ((GstJitsiSourcePad *) (object))

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * spec)
{
  GstJitsiSourcePad *pad = SOURCE_PAD (object);

  GST_OBJECT_LOCK (pad);
  switch (id) {
    case PROP_PARTICIPANT_ID:
    case PROP_NICK:
    case PROP_SOURCE_NAME:
    case PROP_CODEC:
      g_value_set_string (value, pad->texts[id]);
      break;
    case PROP_SSRC:
      g_value_set_uint (value, pad->ssrc);
      break;
    case PROP_ACTIVE:
      g_value_set_boolean (value, pad->active);
      break;
    case PROP_MAX_HEIGHT:
      g_value_set_uint (value, pad->max_height);
      break;
    case PROP_EOS_ON_LEAVE:
      g_value_set_boolean (value, pad->eos_on_leave);
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
  GstJitsiSourcePad *pad = SOURCE_PAD (object);

  GST_OBJECT_LOCK (pad);
  switch (id) {
    case PROP_MAX_HEIGHT:
      pad->max_height = g_value_get_uint (value);
      break;
    case PROP_EOS_ON_LEAVE:
      pad->eos_on_leave = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
  }
  GST_OBJECT_UNLOCK (pad);
}

static void
finalize (GObject * object)
{
  for (guint i = 0; i < N_TEXTS; i++)
    g_free (SOURCE_PAD (object)->texts[i]);
  G_OBJECT_CLASS (gst_jitsi_source_pad_parent_class)->finalize (object);
}

static GParamSpec *
text (const char *name, const char *nick, const char *blurb)
{
  return g_param_spec_string (name, nick, blurb, NULL,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
gst_jitsi_source_pad_class_init (GstJitsiSourcePadClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags writable =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->finalize = finalize;
  props[PROP_PARTICIPANT_ID] = text ("participant-id", "Participant id",
      "Endpoint id of the participant whom the pad carries; NULL: nobody");
  props[PROP_NICK] = text ("nick", "Nick", "Name of that participant");
  props[PROP_SOURCE_NAME] = text ("source-name", "Source name",
      "Name of the source that the pad carries, ENDPOINT-v0 for instance; NULL: none");
  props[PROP_CODEC] = text ("codec", "Codec",
      "Codec of that source as SDP names it, in lower case");
  props[PROP_SSRC] = g_param_spec_uint ("ssrc", "SSRC",
      "SSRC of that source; 0: none", 0, G_MAXUINT, 0,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  props[PROP_ACTIVE] = g_param_spec_boolean ("active", "Active",
      "Whether media of the source arrives; else the pad gives silence or a still picture",
      FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  props[PROP_MAX_HEIGHT] = g_param_spec_uint ("max-height", "Maximum height",
      "Highest resolution of video to receive for this pad (pixels); 0: the element's max-height",
      0, G_MAXINT, 0, writable);
  props[PROP_EOS_ON_LEAVE] = g_param_spec_boolean ("eos-on-leave",
      "EOS on leave",
      "Send EOS when the participant or source after which the pad is named leaves; it then ends",
      FALSE, writable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
gst_jitsi_source_pad_init (GstJitsiSourcePad * pad)
{
}

GType
gstx_source_pad_type (void)
{
  return gst_jitsi_source_pad_get_type ();
}

GstPad *
gstx_source_pad_new (const char *name, GstPadTemplate * tmpl)
{
  return g_object_ref_sink (g_object_new (gst_jitsi_source_pad_get_type (),
          "name", name, "direction", GST_PAD_SRC, "template", tmpl, NULL));
}

void
gstx_source_pad_set_text (GstPad * pad, const char *property, const char *value)
{
  GstJitsiSourcePad *self = SOURCE_PAD (pad);
  gboolean changed = FALSE;

  for (guint i = 1; i < N_TEXTS; i++) {
    if (strcmp (props[i]->name, property) != 0)
      continue;
    GST_OBJECT_LOCK (self);
    if ((changed = g_strcmp0 (self->texts[i], value) != 0)) {
      g_free (self->texts[i]);
      self->texts[i] = g_strdup (value);
    }
    GST_OBJECT_UNLOCK (self);
    if (changed)
      g_object_notify_by_pspec (G_OBJECT (pad), props[i]);
  }
}

void
gstx_source_pad_set_ssrc (GstPad * pad, guint ssrc)
{
  GstJitsiSourcePad *self = SOURCE_PAD (pad);
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->ssrc != ssrc;
  self->ssrc = ssrc;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (pad), props[PROP_SSRC]);
}

void
gstx_source_pad_set_active (GstPad * pad, gboolean active)
{
  GstJitsiSourcePad *self = SOURCE_PAD (pad);
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->active != active;
  self->active = active;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (pad), props[PROP_ACTIVE]);
}

guint
gstx_source_pad_max_height (GstPad * pad)
{
  guint height;

  GST_OBJECT_LOCK (pad);
  height = SOURCE_PAD (pad)->max_height;
  GST_OBJECT_UNLOCK (pad);
  return height;
}

gboolean
gstx_source_pad_eos_on_leave (GstPad * pad)
{
  gboolean eos;

  GST_OBJECT_LOCK (pad);
  eos = SOURCE_PAD (pad)->eos_on_leave;
  GST_OBJECT_UNLOCK (pad);
  return eos;
}
