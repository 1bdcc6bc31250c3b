/* GstChildProxy for an element's pads, in front of a bin's own for its elements. */
#pragma once
#include <gst/gst.h>

void gstx_pad_children_register (GType type);
void gstx_pad_child_added (GstElement * element, GstPad * pad);
void gstx_pad_child_removed (GstElement * element, GstPad * pad);
