/* The pads of the application's that receive: ghost pads with properties of what they carry. */
#pragma once
#include <gst/gst.h>

GType gstx_source_pad_type (void);
GstPad *gstx_source_pad_new (const char *name, GstPadTemplate * tmpl);

/* Sets what is read; each change notifies. */
void gstx_source_pad_set_text (GstPad * pad, const char *property, const char *value);
void gstx_source_pad_set_ssrc (GstPad * pad, guint ssrc);
void gstx_source_pad_set_active (GstPad * pad, gboolean active);

/* What the application has set. */
guint gstx_source_pad_max_height (GstPad * pad);
gboolean gstx_source_pad_eos_on_leave (GstPad * pad);
