/* The end of a source pad: one output, on which one of several inputs is heard and the others are dropped. */
#pragma once
#include <gst/gst.h>

typedef struct _GstxSwitch GstxSwitch;

/* What goGstxSwitch is told, from a streaming thread. */
enum
{
  GSTX_SWITCHED,                /* the awaited input is heard now */
  GSTX_REFUSED,                 /* the peer does not take the caps of the input that is heard */
};

GstxSwitch *gstx_switch_new (guint64 id, const char *caps, guint group, GstClockTime latency);
GstPad *gstx_switch_output (GstxSwitch * self);
GstPad *gstx_switch_add_input (GstxSwitch * self, guint serial);
void gstx_switch_remove_input (GstxSwitch * self, guint serial);
void gstx_switch_fill (GstxSwitch * self, guint serial, GstCaps * announced, GstClockTime lag);
void gstx_switch_repeat (GstxSwitch * self, guint serial, gboolean repeat);
void gstx_switch_show (GstxSwitch * self, guint serial);
void gstx_switch_await (GstxSwitch * self, guint serial);
void gstx_switch_forget (GstxSwitch * self, guint serial);
gint64 gstx_switch_idle (GstxSwitch * self, guint serial);
GstCaps *gstx_switch_caps (GstxSwitch * self);
gboolean gstx_switch_has_picture (GstxSwitch * self);
void gstx_switch_set_muxer (GstxSwitch * self, guint muxer);
void gstx_switch_set_latency (GstxSwitch * self, GstClockTime latency);
void gstx_switch_set_title (GstxSwitch * self, const char *title);

/* Of the muxer that follows a pad. Those of 1.22 post an error where caps change, and say in no query that they will. */
enum
{
  GSTX_MUXER = 1,
  GSTX_MUXER_KEEPS_SETS = 2,    /* it writes the parameter sets of H.264 into the file's header, and takes no others */
  GSTX_MUXER_BEHIND_PARSER = 4, /* which would tell it of others that are in the stream */
  GSTX_MUXER_TAKES_CHANGES = 8, /* of parameter sets, by other caps */
};
guint gstx_muxer_behind (GstPad * pad);
