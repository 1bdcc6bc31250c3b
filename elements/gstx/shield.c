#include "gstx.h"

typedef struct
{
  GstPadChainFunction chain;
  gboolean errors;              /* swallow errors, too */
} Shield;

static gboolean
swallows (Shield * shield, GstPad * pad, GstFlowReturn ret)
{
  if (GST_PAD_IS_FLUSHING (pad))
    return FALSE;
  return shield->errors || ret == GST_FLOW_FLUSHING
      || ret == GST_FLOW_NOT_LINKED;
}

static GstFlowReturn
shield_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Shield *shield = pad->chaindata;
  GstFlowReturn ret = shield->chain (pad, parent, buffer);

  if (ret < GST_FLOW_OK && swallows (shield, pad, ret)) {
    GST_DEBUG_OBJECT (pad, "swallowing %s", gst_flow_get_name (ret));
    return GST_FLOW_OK;
  }
  return ret;
}

void
gstx_shield (GstPad * pad, gboolean errors)
{
  Shield *shield = g_new0 (Shield, 1);

  shield->chain = GST_PAD_CHAINFUNC (pad);
  shield->errors = errors;
  gst_pad_set_chain_function_full (pad, shield_chain, shield, g_free);
}
