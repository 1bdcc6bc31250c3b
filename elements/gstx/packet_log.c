#include "gstx.h"

/* A line for each packet, for those who ask for it by GST_DEBUG=jitsi-rtp:6 or jitsi-rtcp:6. */
static GstDebugCategory *rtp, *rtcp;

static void
log_rtp (const char *way, const guint8 * data, gsize size)
{
  if (size < 12)
    GST_CAT_LOG (rtp, "%s RTP of %" G_GSIZE_FORMAT " bytes: too short", way, size);
  else
    GST_CAT_LOG (rtp, "%s RTP ssrc=%u pt=%u seq=%u time=%u marker=%u size=%" G_GSIZE_FORMAT, way,
        GST_READ_UINT32_BE (data + 8), data[1] & 0x7f, GST_READ_UINT16_BE (data + 2),
        GST_READ_UINT32_BE (data + 4), data[1] >> 7, size);
}

static const char *
rtcp_name (guint8 type)
{
  static const char *names[] = { "SR", "RR", "SDES", "BYE", "APP", "RTPFB", "PSFB", "XR" };

  return type >= 200 && type < 200 + G_N_ELEMENTS (names) ? names[type - 200] : "unknown";
}

/* What is in a compound packet, in one line. */
static void
log_rtcp (const char *way, const guint8 * data, gsize size)
{
  GString *line = g_string_new (NULL);
  gsize at = 0;

  while (at + 8 <= size) {
    gsize length = 4 * ((gsize) GST_READ_UINT16_BE (data + at + 2) + 1);

    g_string_append_printf (line, " %s/%u ssrc=%u", rtcp_name (data[at + 1]), data[at] & 0x1f, GST_READ_UINT32_BE (data + at + 4));
    if (length > size - at)
      break;
    at += length;
  }
  GST_CAT_LOG (rtcp, "%s RTCP size=%" G_GSIZE_FORMAT "%s", way, size, line->str);
  g_string_free (line, TRUE);
}

static void
log_buffer (const char *way, GstBuffer * buffer, gboolean control)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  (control ? log_rtcp : log_rtp) (way, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, const char *way, gboolean control)
{
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    log_buffer (way, GST_PAD_PROBE_INFO_BUFFER (info), control);
  } else {
    GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);

    for (guint i = 0; i < gst_buffer_list_length (list); i++)
      log_buffer (way, gst_buffer_list_get (list, i), control);
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_rtp (GstPad * pad, GstPadProbeInfo * info, gpointer way)
{
  return on_packet (pad, info, way, FALSE);
}

static GstPadProbeReturn
on_rtcp (GstPad * pad, GstPadProbeInfo * info, gpointer way)
{
  return on_packet (pad, info, way, TRUE);
}

static void
on_pad (GstElement * session, GstPad * pad, gpointer unused)
{
  static const struct
  {
    const char *name, *way;
    gboolean control;
  } pads[] = {
    {"recv_rtp_sink", "received", FALSE}, {"send_rtp_src", "sent", FALSE},
    {"recv_rtcp_sink", "received", TRUE}, {"send_rtcp_src", "sent", TRUE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (pads); i++) {
    GstDebugCategory *category = pads[i].control ? rtcp : rtp;

    if (!g_str_equal (GST_PAD_NAME (pad), pads[i].name)
        || gst_debug_category_get_threshold (category) < GST_LEVEL_LOG)
      continue;
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
        pads[i].control ? on_rtcp : on_rtp, (gpointer) pads[i].way, NULL);
  }
}

void
gstx_log_packets (GstElement * session)
{
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    rtp = gstx_debug_category ("jitsi-rtp", "Jitsi: each RTP packet");
    rtcp = gstx_debug_category ("jitsi-rtcp", "Jitsi: each RTCP packet");
    g_once_init_leave (&once, 1);
  }
  if (gst_debug_category_get_threshold (rtp) >= GST_LEVEL_LOG
      || gst_debug_category_get_threshold (rtcp) >= GST_LEVEL_LOG)
    g_signal_connect (session, "pad-added", G_CALLBACK (on_pad), NULL);
}
