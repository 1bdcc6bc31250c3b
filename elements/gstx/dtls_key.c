/* gstdtls (up to 1.28) makes an RSA key for its first element in a process, whether it gets another certificate or not: that takes
 * from a tenth of a second to several, and media waits for it. It does so where its class of certificates is made without
 * a PEM text. There is no other way to give it one than to be that class's constructor, which it takes over from GObject
 * when it is set up. */
#include "gstx.h"

static GObject *(*construct_object) (GType, guint, GObjectConstructParam *);
static char *default_pem;

static GObject *
construct (GType type, guint n, GObjectConstructParam * params)
{
  GValue pem = G_VALUE_INIT;
  GObject *object;
  guint i;

  if (g_str_equal (g_type_name (type), "GstDtlsCertificate")) {
    for (i = 0; i < n; i++) {
      if (g_str_equal (params[i].pspec->name, "pem")
          && g_value_get_string (params[i].value) == NULL) {
        g_value_init (&pem, G_TYPE_STRING);
        g_value_set_string (&pem, default_pem);
        params[i].value = &pem;
      }
    }
  }
  object = construct_object (type, n, params);
  if (G_IS_VALUE (&pem))
    g_value_unset (&pem);
  return object;
}

/* The plugin and the element's class are loaded before, so that the constructor stands for the making of one element only. A
 * class that is set up meanwhile keeps it, which is the usual one to it. */
void
gstx_load_dtls (const char *pem)
{
  GstPluginFeature *feature = gst_registry_lookup_feature (gst_registry_get (), "dtlsdec");
  GstPluginFeature *loaded = feature ? gst_plugin_feature_load (feature) : NULL;
  GObjectClass *base;
  gpointer class;
  GstElement *element;

  gst_clear_object (&feature);
  if (loaded == NULL)           /* the session will say so */
    return;
  if (!gstx_skip_openssl_cleanup ())
    GST_INFO ("gstdtls has no OpenSSL that could be told to skip its cleanup");
  class = g_type_class_ref (gst_element_factory_get_element_type
      (GST_ELEMENT_FACTORY (loaded)));
  base = g_type_class_ref (G_TYPE_OBJECT);
  default_pem = g_strdup (pem);
  construct_object = base->constructor;
  base->constructor = construct;
  element = gst_element_factory_create (GST_ELEMENT_FACTORY (loaded), NULL);
  base->constructor = construct_object;
  gst_clear_object (&element);
  g_type_class_unref (base);
  g_type_class_unref (class);
  gst_object_unref (loaded);
}
