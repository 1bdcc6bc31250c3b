/* What the files of the switch share. */
#pragma once
#include "switch.h"

/* Runs for every buffer that an application's pad gives out. Two locks: `lock` guards the fields and is held for moments;
 * `push` keeps two inputs from pushing at once and is held while what follows works, by streaming threads only. Whoever
 * holds both took `push` first. */

typedef struct
{
  GstPad pad;
  guint serial;
  GstSegment segment;           /* streaming thread only */
  GstCaps *caps;
  GstCaps *announced;           /* a filler's, instead of caps */
  GstCaps *refused;             /* nothing of these caps is let through */
  gboolean filler;
  gboolean repeat;              /* a filler's buffers say when the last picture is shown again */
  gboolean gated;               /* begins with a key frame */
  gboolean settled;             /* its time does not go back behind what was sent before */
  GstClockTime lag;
  gint64 seen;                  /* monotonic time of the last buffer, microseconds */
} GstxSwitchPad;

typedef struct
{
  GstPadClass parent_class;
} GstxSwitchPadClass;

struct _GstxSwitch
{
  GstElement element;
  GstPad *output;
  GMutex lock;
  GMutex push;
  guint64 id;
  guint group;
  GstCaps *supported;
  GstClockTime latency;
  guint muxer;                  /* that the peer is, or leads to: GSTX_MUXER…; most take no other caps than the first */
  gboolean started;             /* stream-start and segment were sent */
  gchar *title;
  gboolean title_sent;
  GstxSwitchPad *active;        /* heard */
  GstxSwitchPad *pending;       /* heard from its first key frame on */
  GstCaps *sent;                /* caps */
  GstClockTime last;            /* running time of the last buffer */
  GstBuffer *picture;           /* that can be shown again */
  GstCaps *picture_caps;
};

typedef struct
{
  GstElementClass parent_class;
} GstxSwitchClass;

extern void goGstxSwitch (guint64 id, gint what, guint serial);

GType gstx_switch_pad_get_type (void);
GType gstx_switch_get_type (void);

#define SWITCH(object) ((GstxSwitch *) (object))
#define SWITCH_PAD(object) ((GstxSwitchPad *) (object))

/* switch_flow.c: what happens to a buffer */
GstFlowReturn gstx_switch_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer);
void gstx_switch_input_caps (GstxSwitch * self, GstxSwitchPad * pad, GstEvent * event);
void gstx_switch_input_gap (GstxSwitch * self, GstxSwitchPad * pad, GstEvent * event);
