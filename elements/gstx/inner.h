/* Pipelines inside an element, whose messages are not the application's. */
#pragma once
#include <gst/gst.h>

/* What an inner pipeline tells. */
enum
{
  GSTX_INNER_EOS,
  GSTX_INNER_ERROR,
  GSTX_INNER_LATENCY,
  GSTX_INNER_REFUSED            /* an inlet: data was refused */
};

/* Lets a class of bins hand the messages of its inner pipelines to Go. */
void gstx_inner_class (GstBinClass * klass);
/* Makes a child of such a bin an inner pipeline, or one of whose messages only errors are taken. */
void gstx_inner_mark (GstElement * child, gboolean errors_only);
/* Keeps what goes wrong behind a sink pad of an inner pipeline from whoever feeds it, and tells of the first time. */
void gstx_inner_shield (GstPad * inlet);

/* The names of an object's string properties that can be read and written at any time, ended by NULL; g_strfreev. */
char **gstx_string_properties (GObject * object);
/* The value of a string property; g_free. */
char *gstx_get_string (GObject * object, const char *name);
void gstx_set_string (GObject * object, const char *name, const char *value);
gboolean gstx_is_sink (GstElement * element);
void gstx_flag_unset (gpointer object, guint flag);
