#include "gstx.h"

typedef struct
{
  GstPadChainFunction chain;
  gboolean errors;              /* swallow errors, too */
  gint refused;                 /* atomic: data was refused for its caps */
} Shield;

static gboolean
swallows (Shield * shield, GstFlowReturn ret)
{
  return shield->errors || ret == GST_FLOW_FLUSHING
      || ret == GST_FLOW_NOT_LINKED;
}

static GstFlowReturn
shield_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Shield *shield = pad->chaindata;
  GstFlowReturn ret = shield->chain (pad, parent, buffer);

  if (ret >= GST_FLOW_OK || !swallows (shield, ret))
    return ret;
  GST_DEBUG_OBJECT (pad, "swallowing %s", gst_flow_get_name (ret));
  if (ret == GST_FLOW_NOT_NEGOTIATED)
    g_atomic_int_set (&shield->refused, TRUE);
  /* A source that hears of anything else while the pad shuts down posts an error. */
  return GST_PAD_IS_FLUSHING (pad) ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

void
gstx_shield (GstPad * pad, gboolean errors)
{
  Shield *shield = g_new0 (Shield, 1);

  shield->chain = GST_PAD_CHAINFUNC (pad);
  shield->errors = errors;
  gst_pad_set_chain_function_full (pad, shield_chain, shield, g_free);
}

gboolean
gstx_shield_refused (GstPad * pad)
{
  Shield *shield = pad->chaindata;

  return GST_PAD_CHAINFUNC (pad) == shield_chain
      && g_atomic_int_get (&shield->refused);
}

typedef struct
{
  char *encoding;               /* encoding-name of RTP */
  gboolean other;               /* what comes now is of another */
} Encoding;

static void
encoding_free (gpointer data)
{
  Encoding *encoding = data;

  g_free (encoding->encoding);
  g_free (encoding);
}

/* What is behind takes one codec, and would forbid the others for all who share the stream. */
static GstPadProbeReturn
take_anything (GstQuery * query)
{
  GstCaps *filter, *any;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_ACCEPT_CAPS:
      gst_query_set_accept_caps_result (query, TRUE);
      return GST_PAD_PROBE_HANDLED;
    case GST_QUERY_CAPS:
      gst_query_parse_caps (query, &filter);
      any = filter != NULL ? gst_caps_ref (filter) : gst_caps_new_any ();
      gst_query_set_caps_result (query, any);
      gst_caps_unref (any);
      return GST_PAD_PROBE_HANDLED;
    default:
      return GST_PAD_PROBE_OK;
  }
}

static GstPadProbeReturn
only_encoding (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Encoding *encoding = user_data;
  GstCaps *caps;
  const char *name;

  if (info->type & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM)
    return take_anything (GST_PAD_PROBE_INFO_QUERY (info));
  if ((info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) == 0)
    return encoding->other ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (GST_PAD_PROBE_INFO_EVENT (info), &caps);
  name = gst_structure_get_string (gst_caps_get_structure (caps, 0),
      "encoding-name");
  encoding->other = name == NULL
      || g_ascii_strcasecmp (name, encoding->encoding) != 0;
  return encoding->other ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void
gstx_only_encoding (GstPad * pad, const char *name)
{
  Encoding *encoding = g_new0 (Encoding, 1);

  encoding->encoding = g_strdup (name);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM
      | GST_PAD_PROBE_TYPE_PUSH, only_encoding, encoding,
      encoding_free);
}
