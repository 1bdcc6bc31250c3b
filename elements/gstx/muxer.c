#include "switch.h"

static gboolean
is_a (GstElementFactory * factory, const char *kind)
{
  return factory && strstr (gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_KLASS), kind);
}

static gboolean
takes (GstCaps * allowed, const char *text)
{
  GstCaps *caps = gst_caps_from_string (text);
  gboolean yes = gst_caps_can_intersect (allowed, caps);

  gst_caps_unref (caps);
  return yes;
}

/* Whether a muxer can note other parameter sets in the middle of a stream: those of the family of qtmux can in a file whose description
 * comes at the end, not in fragments (1.22). */
static gboolean
takes_changes (GstElement * muxer)
{
  GParamSpec *fragments =
      g_object_class_find_property (G_OBJECT_GET_CLASS (muxer),
      "fragment-duration");
  guint duration = 0;

  if (fragments == NULL || fragments->value_type != G_TYPE_UINT)
    return strcmp (GST_OBJECT_NAME (gst_element_get_factory (muxer)),
        "flvmux") == 0;
  g_object_get (muxer, "fragment-duration", &duration, NULL);
  return duration == 0;
}

/* Whether a muxer takes H.264 with its parameter sets in the caps alone. */
static gboolean
keeps_parameter_sets (GstPad * sink)
{
  GstCaps *allowed = gst_pad_get_allowed_caps (sink);
  gboolean keeps;

  if (allowed == NULL)
    return FALSE;
  keeps = takes (allowed, "video/x-h264,stream-format=avc")
      && !takes (allowed, "video/x-h264,stream-format=byte-stream");
  gst_caps_unref (allowed);
  return keeps;
}

static guint look_behind (GstPad * pad, guint depth, guint found);

static guint
look_through (GstPad * sink, guint depth, guint found)
{
  GstIterator *links = gst_pad_iterate_internal_links (sink);
  GValue item = G_VALUE_INIT;
  guint behind = 0;

  if (links == NULL)
    return 0;
  while (behind == 0 && gst_iterator_next (links, &item) == GST_ITERATOR_OK) {
    behind = look_behind (g_value_get_object (&item), depth - 1, found);
    g_value_reset (&item);
  }
  if (G_IS_VALUE (&item))
    g_value_unset (&item);
  gst_iterator_free (links);
  return behind;
}

/* What follows the pad, through elements that pass it on; 0: no muxer. */
static guint
look_behind (GstPad * pad, guint depth, guint found)
{
  GstPad *sink = gst_pad_get_peer (pad);
  GstElement *element;
  GstElementFactory *factory;
  guint behind = 0;

  if (sink == NULL)
    return 0;
  element = gst_pad_get_parent_element (sink);
  factory = element ? gst_element_get_factory (element) : NULL;
  if (is_a (factory, "Muxer")) {
    behind = found | GSTX_MUXER;
    if (takes_changes (element))
      behind |= GSTX_MUXER_TAKES_CHANGES;
    else if (keeps_parameter_sets (sink))
      behind |= GSTX_MUXER_KEEPS_SETS;
  } else if (depth > 0) {
    if (is_a (factory, "Parser"))
      found |= GSTX_MUXER_BEHIND_PARSER;
    behind = look_through (sink, depth, found);
  }
  gst_clear_object (&element);
  gst_object_unref (sink);
  return behind;
}

guint
gstx_muxer_behind (GstPad * pad)
{
  return look_behind (pad, 16, 0);
}
