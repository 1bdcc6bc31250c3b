#include "gstx.h"

#include <gst/rtp/gstrtpbuffer.h>

/* Redundant audio (RFC 2198): each packet brings those before it once more. Packets are unwrapped where they enter the jitter buffer,
 * and what has not come goes in front of them; what is behind knows nothing of it. GStreamer's rtpreddec is for FEC: it makes
 * packets of all blocks, those that have come included. */

#define MAX_BLOCKS 8            /* of which browsers send two */
#define HISTORY 64

typedef struct
{
  GstPadChainFunction chain;
  guint8 pt;                    /* of the redundant packets */
  gboolean begun;
  guint16 newest;
  guint64 seen;                 /* bit n: newest - n has come */
} Red;

typedef struct
{
  guint8 pt;
  guint offset;                 /* of its time, before the packet's */
  guint at, size;               /* in the payload */
} Block;

static gboolean
red_seen (Red * red, guint16 seq)
{
  guint16 age = red->newest - seq;

  /* what is older than all that is remembered has come, or will not be missed */
  return age >= HISTORY || (red->seen >> age & 1);
}

static void
red_note (Red * red, guint16 seq)
{
  guint16 ahead = seq - red->newest;

  if (!red->begun) {
    red->begun = TRUE;
    red->newest = seq;
    red->seen = G_MAXUINT64;    /* nothing is missing before the first */
  } else if (ahead != 0 && ahead < 1 << 15) {
    red->seen = ahead < HISTORY ? red->seen << ahead : 0;
    red->seen |= 1;
    red->newest = seq;
  } else if ((guint16) - ahead < HISTORY) {
    red->seen |= G_GUINT64_CONSTANT (1) << (guint16) - ahead;
  }
}

/* Reads the headers of the blocks, the last of which is the packet itself; 0 where they don't fit the payload. */
static guint
red_blocks (const guint8 * data, guint size, Block * blocks)
{
  guint n = 0, at = 0, body;

  while (at < size && n < MAX_BLOCKS && (data[at] & 0x80)) {
    if (size - at < 4)
      return 0;
    blocks[n].pt = data[at] & 0x7f;
    blocks[n].offset = data[at + 1] << 6 | data[at + 2] >> 2;
    blocks[n].size = (data[at + 2] & 3) << 8 | data[at + 3];
    at += 4;
    n++;
  }
  if (at >= size || n == MAX_BLOCKS)
    return 0;
  blocks[n].pt = data[at];
  blocks[n].offset = 0;
  body = at + 1;
  for (guint i = 0; i < n; i++) {
    if (blocks[i].size > size - body)
      return 0;
    blocks[i].at = body;
    body += blocks[i].size;
  }
  blocks[n].at = body;
  blocks[n].size = size - body;
  return n + 1;
}

static GstBuffer *
red_packet (GstRTPBuffer * from, const Block * block, guint16 seq)
{
  GstBuffer *buffer = gst_rtp_buffer_new_allocate (block->size, 0, 0);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  gst_rtp_buffer_map (buffer, GST_MAP_WRITE, &rtp);
  gst_rtp_buffer_set_ssrc (&rtp, gst_rtp_buffer_get_ssrc (from));
  gst_rtp_buffer_set_payload_type (&rtp, block->pt);
  gst_rtp_buffer_set_seq (&rtp, seq);
  gst_rtp_buffer_set_timestamp (&rtp,
      gst_rtp_buffer_get_timestamp (from) - block->offset);
  if (block->offset == 0)
    gst_rtp_buffer_set_marker (&rtp, gst_rtp_buffer_get_marker (from));
  memcpy (gst_rtp_buffer_get_payload (&rtp),
      (const guint8 *) gst_rtp_buffer_get_payload (from) + block->at,
      block->size);
  gst_rtp_buffer_unmap (&rtp);
  gst_buffer_copy_into (buffer, from->buffer, GST_BUFFER_COPY_TIMESTAMPS, 0,
      -1);
  return buffer;
}

/* What comes out of a packet, the oldest first; 0 where it is none, or broken. Takes nothing. */
static guint
red_unwrap (Red * red, GstBuffer * buffer, GstBuffer ** packets)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  Block blocks[MAX_BLOCKS];
  guint n, count = 0;
  guint16 seq;

  if (!gst_rtp_buffer_map (buffer, GST_MAP_READ, &rtp))
    return 0;
  seq = gst_rtp_buffer_get_seq (&rtp);
  red_note (red, seq);
  if (gst_rtp_buffer_get_payload_type (&rtp) != red->pt) {
    packets[count++] = gst_buffer_ref (buffer);
  } else {
    n = red_blocks (gst_rtp_buffer_get_payload (&rtp),
        gst_rtp_buffer_get_payload_len (&rtp), blocks);
    for (guint i = 0; i < n; i++) {
      /* The blocks are of the packets just before, as all senders have it: RFC 2198 does not say. */
      guint16 of = seq - (n - 1 - i);

      if (blocks[i].size == 0 || (of != seq && red_seen (red, of)))
        continue;
      red_note (red, of);
      packets[count++] = red_packet (&rtp, &blocks[i], of);
    }
  }
  gst_rtp_buffer_unmap (&rtp);
  return count;
}

static GstFlowReturn
red_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Red *red = pad->chaindata;
  GstBuffer *packets[MAX_BLOCKS];
  guint n = red_unwrap (red, buffer, packets);
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint i = 0; i < n; i++) {
    if (ret == GST_FLOW_OK)
      ret = red->chain (pad, parent, packets[i]);
    else
      gst_buffer_unref (packets[i]);
  }
  gst_buffer_unref (buffer);
  return ret;
}

void
gstx_unwrap_red (GstPad * pad, guint8 pt)
{
  Red *red = g_new0 (Red, 1);

  red->chain = GST_PAD_CHAINFUNC (pad);
  red->pt = pt;
  gst_pad_set_chain_function_full (pad, red_chain, red, g_free);
}
