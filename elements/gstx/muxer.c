#include "switch.h"

/* Whether what follows a pad, through elements that pass it on, ends in a muxer. Those of 1.22 post an error where caps
 * change, and say in no query that they will. */
static gboolean
leads_to_muxer (GstPad * pad, guint depth)
{
  GstPad *peer = gst_pad_get_peer (pad);
  GstElement *element;
  GstElementFactory *factory;
  GstIterator *links;
  GValue item = G_VALUE_INIT;
  gboolean found = FALSE;

  if (peer == NULL)
    return FALSE;
  element = gst_pad_get_parent_element (peer);
  factory = element ? gst_element_get_factory (element) : NULL;
  if (factory && strstr (gst_element_factory_get_metadata (factory,
              GST_ELEMENT_METADATA_KLASS), "Muxer"))
    found = TRUE;
  gst_clear_object (&element);
  if (!found && depth > 0 && (links = gst_pad_iterate_internal_links (peer))) {
    while (!found && gst_iterator_next (links, &item) == GST_ITERATOR_OK) {
      found = leads_to_muxer (g_value_get_object (&item), depth - 1);
      g_value_reset (&item);
    }
    if (G_IS_VALUE (&item))
      g_value_unset (&item);
    gst_iterator_free (links);
  }
  gst_object_unref (peer);
  return found;
}

gboolean
gstx_leads_to_muxer (GstPad * pad)
{
  return leads_to_muxer (pad, 16);
}
