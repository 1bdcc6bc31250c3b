#include <gst/audio/audio.h>
#include "gstx.h"

/* Opus with variable bitrate makes a few bytes of silence. What is louder can't be told without decoding: it counts as
 * speech of -30 dBov, so that the bridge takes its sender for a speaker. */
#define SILENCE_BYTES 12        /* in 20 ms: 4.8 kbit/s */
#define SPEECH_LEVEL 30
#define SILENCE_LEVEL 127

static GstPadProbeReturn
guess_level (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gboolean silent;

  if (gst_buffer_get_audio_level_meta (buffer) != NULL)
    return GST_PAD_PROBE_OK;
  silent = gst_buffer_get_size (buffer) <= SILENCE_BYTES;
  buffer = gst_buffer_make_writable (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  gst_buffer_add_audio_level_meta (buffer,
      silent ? SILENCE_LEVEL : SPEECH_LEVEL, !silent);
  return GST_PAD_PROBE_OK;
}

void
gstx_guess_opus_level (GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, guess_level, NULL, NULL);
}
