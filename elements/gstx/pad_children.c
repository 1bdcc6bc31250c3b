#include "pad_children.h"

/* gst-launch looks for the child of `video_0::max-height=360` by name, and waits for child-added where there is none
 * yet. GstBin has its elements as children; they come after the pads. */

static GstChildProxyInterface *bin_interface;

static guint
get_children_count (GstChildProxy * proxy)
{
  guint n;

  GST_OBJECT_LOCK (proxy);
  n = GST_ELEMENT (proxy)->numpads;
  GST_OBJECT_UNLOCK (proxy);
  return n + bin_interface->get_children_count (proxy);
}

static GObject *
get_child_by_index (GstChildProxy * proxy, guint index)
{
  GObject *pad = NULL;
  guint n;

  GST_OBJECT_LOCK (proxy);
  n = GST_ELEMENT (proxy)->numpads;
  if (index < n)
    pad = g_object_ref (g_list_nth_data (GST_ELEMENT (proxy)->pads, index));
  GST_OBJECT_UNLOCK (proxy);
  return pad ? pad : bin_interface->get_child_by_index (proxy, index - n);
}

static GObject *
get_child_by_name (GstChildProxy * proxy, const gchar * name)
{
  GstPad *pad = gst_element_get_static_pad (GST_ELEMENT (proxy), name);

  return pad ? G_OBJECT (pad) : bin_interface->get_child_by_name (proxy, name);
}

static void
interface_init (gpointer iface, gpointer data)
{
  GstChildProxyInterface *proxy = iface;

  bin_interface = g_type_interface_peek_parent (iface);
  proxy->get_children_count = get_children_count;
  proxy->get_child_by_index = get_child_by_index;
  proxy->get_child_by_name = get_child_by_name;
}

void
gstx_pad_children_register (GType type)
{
  static const GInterfaceInfo info = { interface_init, NULL, NULL };

  g_type_add_interface_static (type, GST_TYPE_CHILD_PROXY, &info);
}

void
gstx_pad_child_added (GstElement * element, GstPad * pad)
{
  gst_child_proxy_child_added (GST_CHILD_PROXY (element), G_OBJECT (pad),
      GST_OBJECT_NAME (pad));
}

void
gstx_pad_child_removed (GstElement * element, GstPad * pad)
{
  gst_child_proxy_child_removed (GST_CHILD_PROXY (element), G_OBJECT (pad),
      GST_OBJECT_NAME (pad));
}
