/* The pads of the application's that send: ghost pads with properties of the source that they are. */
#pragma once
#include <gst/gst.h>

GType gstx_sink_pad_type (void);
GType gstx_video_type_type (void);
GstPad *gstx_sink_pad_new (const char *name, GstPadTemplate * tmpl, GstPad * target, gint video_type);

/* Sets what is read; a change notifies. */
void gstx_sink_pad_set_target_bitrate (GstPad * pad, guint bitrate);

/* What the application has set. */
gboolean gstx_sink_pad_mute (GstPad * pad);
gint gstx_sink_pad_video_type (GstPad * pad);
guint gstx_sink_pad_max_bitrate (GstPad * pad);
