#include "gstx.h"

GType
gstx_enum_register (const char *name, guint n, const gint * values,
    const char **names, const char **nicks)
{
  GEnumValue *v = g_new0 (GEnumValue, n + 1);   /* GLib keeps it for ever */

  for (guint i = 0; i < n; i++) {
    v[i].value = values[i];
    v[i].value_name = g_strdup (names[i]);
    v[i].value_nick = g_strdup (nicks[i]);
  }
  return g_enum_register_static (name, v);
}

GstDebugCategory *
gstx_debug_category (const char *name, const char *description)
{
  GstDebugCategory *category = NULL;

  GST_DEBUG_CATEGORY_INIT (category, g_strdup (name), 0,
      g_strdup (description));
  return category;
}

extern void goActionSignal (GObject * self, guint n, GValue * params,
    GValue * ret, char *name);

static void
action_marshal (GClosure * closure, GValue * ret, guint n,
    const GValue * params, gpointer hint, gpointer data)
{
  goActionSignal (g_value_get_object (&params[0]), n - 1,
      (GValue *) & params[1], ret, closure->data);
}

guint
gstx_action_signal (GType type, const char *name, GType ret, guint n,
    GType * params)
{
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), g_strdup (name));

  g_closure_set_marshal (closure, action_marshal);
  return g_signal_newv (name, type, G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      closure, NULL, NULL, NULL, ret, n, params);
}

void
gstx_class_ref (GType type)
{
  g_type_class_ref (type);      /* never given back: the class stays initialised */
}

GType
gstx_class_type (gpointer klass)
{
  return G_TYPE_FROM_CLASS (klass);
}

void
gstx_object_unref (gpointer object)
{
  g_object_unref (object);
}

void
gstx_flag_set (gpointer object, guint flag)
{
  GST_OBJECT_LOCK (object);
  GST_OBJECT_FLAG_SET (object, flag);
  GST_OBJECT_UNLOCK (object);
}

gboolean
gstx_has_property (gpointer object, const char *name)
{
  return g_object_class_find_property (G_OBJECT_GET_CLASS (object),
      name) != NULL;
}

guint
gstx_disconnect_signal (gpointer object, const char *signal)
{
  guint id = g_signal_lookup (signal, G_OBJECT_TYPE (object));
  guint n = 0;
  gulong handler;

  if (id == 0)
    return 0;
  while ((handler = g_signal_handler_find (object, G_SIGNAL_MATCH_ID, id, 0,
              NULL, NULL, NULL)) != 0) {
    g_signal_handler_disconnect (object, handler);
    n++;
  }
  return n;
}
