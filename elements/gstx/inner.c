#include "inner.h"
#include "gstx.h"

static GQuark inner_quark;
static GstBinClass *parent_class;

#define INLET_FAILED "jitsi-inlet-failed"

/* The messages of an inner pipeline that are not the application's. */
enum
{
  ALL = 1,
  ERRORS
};

extern void goInnerMessage (GObject * bin, char *inner, int kind, guint domain, int code, char *text, char *debug, char *source);

/* The inner pipeline that an object is, or is a part of. It may have been taken out of the bin since the message was posted. */
static GstElement *
inner_of (GstBin * bin, GstObject * object)
{
  GstObject *o = object != NULL ? gst_object_ref (object) : NULL;

  while (o != NULL) {
    GstObject *parent = gst_object_get_parent (o);
    gboolean child = parent == GST_OBJECT_CAST (bin);

    if ((child || parent == NULL) && g_object_get_qdata (G_OBJECT (o), inner_quark) != NULL) {
      gst_clear_object (&parent);
      return GST_ELEMENT_CAST (o);
    }
    if (child)
      gst_clear_object (&parent);
    gst_object_unref (o);
    o = parent;
  }
  return NULL;
}

static void
tell (GstBin * bin, GstElement * inner, int kind, const GError * error,
    const char *debug, GstObject * source)
{
  char *name = gst_object_get_name (GST_OBJECT_CAST (inner));
  char *from = gst_object_get_name (source);

  goInnerMessage (G_OBJECT (bin), name, kind, error ? error->domain : 0,
      error ? error->code : 0, error ? error->message : NULL, (char *) debug,
      from);
  g_free (name);
  g_free (from);
}

static void
tell_error (GstBin * bin, GstElement * inner, GstMessage * message)
{
  GError *error = NULL;
  char *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  tell (bin, inner, GSTX_INNER_ERROR, error, debug, GST_MESSAGE_SRC (message));
  g_clear_error (&error);
  g_free (debug);
}

/* Whether the message ends here. */
static gboolean
take (GstBin * bin, GstElement * inner, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR
      && g_object_get_qdata (G_OBJECT (inner), inner_quark) == GINT_TO_POINTER (ERRORS))
    return FALSE;
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_EOS:
      tell (bin, inner, GSTX_INNER_EOS, NULL, NULL, GST_MESSAGE_SRC (message));
      return TRUE;
    case GST_MESSAGE_ERROR:
      tell_error (bin, inner, message);
      return TRUE;
    case GST_MESSAGE_LATENCY:
      tell (bin, inner, GSTX_INNER_LATENCY, NULL, NULL,
          GST_MESSAGE_SRC (message));
      return FALSE;
    default:
      if (!gst_message_has_name (message, INLET_FAILED))
        return FALSE;
      tell (bin, inner, GSTX_INNER_REFUSED, NULL,
          gst_structure_get_string (gst_message_get_structure (message),
              "flow"), GST_MESSAGE_SRC (message));
      return TRUE;
  }
}

static void
handle_message (GstBin * bin, GstMessage * message)
{
  GstElement *inner = NULL;

  if (GST_MESSAGE_TYPE (message) & (GST_MESSAGE_EOS | GST_MESSAGE_ERROR |
          GST_MESSAGE_LATENCY | GST_MESSAGE_ELEMENT))
    inner = inner_of (bin, GST_MESSAGE_SRC (message));
  if (inner != NULL) {
    gboolean taken = take (bin, inner, message);

    gst_object_unref (inner);
    if (taken) {
      gst_message_unref (message);
      return;
    }
  }
  parent_class->handle_message (bin, message);
}

void
gstx_inner_class (GstBinClass * klass)
{
  inner_quark = g_quark_from_static_string ("gstx-inner");
  parent_class = g_type_class_peek_parent (klass);
  klass->handle_message = handle_message;
}

void
gstx_inner_mark (GstElement * child, gboolean errors_only)
{
  g_object_set_qdata (G_OBJECT (child), inner_quark,
      GINT_TO_POINTER (errors_only ? ERRORS : ALL));
}

typedef struct
{
  GstPadChainFunction chain;
  gint told;
} Shield;

static GstFlowReturn
shield_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Shield *shield = pad->chaindata;
  GstFlowReturn ret = shield->chain (pad, parent, buffer);

  if (ret < GST_FLOW_EOS && g_atomic_int_compare_and_exchange (&shield->told, 0, 1)) {
    GstObject *inner = gst_object_get_parent (GST_OBJECT_CAST (pad));

    if (inner != NULL) {
      gst_element_post_message (GST_ELEMENT_CAST (inner),
          gst_message_new_element (GST_OBJECT_CAST (pad),
              gst_structure_new (INLET_FAILED, "flow", G_TYPE_STRING,
                  gst_flow_get_name (ret), NULL)));
      gst_object_unref (inner);
    }
  }
  return GST_FLOW_OK;
}

void
gstx_inner_shield (GstPad * inlet)
{
  Shield *shield = g_new0 (Shield, 1);

  shield->chain = GST_PAD_CHAINFUNC (inlet);
  gst_pad_set_chain_function_full (inlet, shield_chain, shield, g_free);
}

char **
gstx_string_properties (GObject * object)
{
  const GParamFlags needed = G_PARAM_READABLE | G_PARAM_WRITABLE;
  GPtrArray *names = g_ptr_array_new ();
  guint n;
  GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++)
    if (specs[i]->value_type == G_TYPE_STRING
        && (specs[i]->flags & needed) == needed
        && !(specs[i]->flags & G_PARAM_CONSTRUCT_ONLY)
        && !g_str_equal (specs[i]->name, "name"))
      g_ptr_array_add (names, g_strdup (specs[i]->name));
  g_free (specs);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

char *
gstx_get_string (GObject * object, const char *name)
{
  char *value = NULL;

  g_object_get (object, name, &value, NULL);
  return value;
}

void
gstx_set_string (GObject * object, const char *name, const char *value)
{
  g_object_set (object, name, value, NULL);
}

gboolean
gstx_is_sink (GstElement * element)
{
  return GST_OBJECT_FLAG_IS_SET (element, GST_ELEMENT_FLAG_SINK);
}

void
gstx_flag_unset (gpointer object, guint flag)
{
  GST_OBJECT_LOCK (object);
  GST_OBJECT_FLAG_UNSET (object, flag);
  GST_OBJECT_UNLOCK (object);
}
