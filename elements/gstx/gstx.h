/* The C that the bindings have no call for, and the code that runs once a packet. */
#pragma once
#include <gst/gst.h>

GType gstx_enum_register (const char *name, guint n, const gint * values, const char **names, const char **nicks);
GstDebugCategory *gstx_debug_category (const char *name, const char *description);
guint gstx_action_signal (GType type, const char *name, GType ret, guint n, GType * params);
void gstx_class_ref (GType type);
GType gstx_class_type (gpointer klass);
void gstx_object_unref (gpointer object);
void gstx_flag_set (gpointer object, guint flag);
gboolean gstx_has_property (gpointer object, const char *name);
guint gstx_disconnect_signal (gpointer object, const char *signal);

/* A gate: drops buffers on the pads that it was added to until it is opened. */
typedef struct _GstxGate GstxGate;
GstxGate *gstx_gate_new (void);
void gstx_gate_unref (GstxGate * gate);
void gstx_gate_add (GstxGate * gate, GstPad * pad);
void gstx_gate_open (GstxGate * gate);

/* Knows when something last passed the pads that it watches. */
typedef struct _GstxActivity GstxActivity;
GstxActivity *gstx_activity_new (void);
void gstx_activity_unref (GstxActivity * activity);
void gstx_activity_watch (GstxActivity * activity, GstPad * pad);
/* in µs; negative where nothing has passed yet */
gint64 gstx_activity_age (GstxActivity * activity);

/* Drops everything while the pad's element has no clock, as one that was taken out of its bin. */
void gstx_require_clock (GstPad * pad);

/* A table of the SSRCs that may come in, with their CNAMEs. */
typedef struct _GstxSsrcTable GstxSsrcTable;
GstxSsrcTable *gstx_ssrc_table_new (void);
void gstx_ssrc_table_unref (GstxSsrcTable * table);
void gstx_ssrc_table_set (GstxSsrcTable * table, guint32 ssrc, const char *cname);
void gstx_ssrc_table_remove (GstxSsrcTable * table, guint32 ssrc);
void gstx_ssrc_table_filter (GstxSsrcTable * table, GstPad * pad);
void gstx_ssrc_table_filter_control (GstxSsrcTable * table, GstPad * pad);
guint64 gstx_ssrc_table_dropped (GstxSsrcTable * table);
void gstx_ssrc_table_provide_cnames (GstxSsrcTable * table, GstElement * jitterbuffer, GstElement * rtpbin, guint session, guint32 ssrc);

/* Answers latency queries on a ghost pad while it has no target: live, with that minimum. */
typedef struct _GstxLatency GstxLatency;
GstxLatency *gstx_latency_new (GstClockTime min);
void gstx_latency_unref (GstxLatency * latency);
void gstx_latency_set (GstxLatency * latency, GstClockTime min);
void gstx_answer_latency (GstPad * ghost, GstxLatency * latency);

/* Sets do-nack on each transceiver that a webrtcbin makes. */
void gstx_enable_nack (GstElement * webrtcbin);
gboolean gstx_add_local_address (GstElement * webrtcbin, const char *address);

/* Keeps what goes wrong behind a sink pad from the elements in front of it: that something is not linked or shuts
 * down, and with errors everything else, too. The element errorignore lets flushing pass. */
void gstx_shield (GstPad * pad, gboolean errors);
/* Whether something behind a shielded pad has refused data for its caps. */
gboolean gstx_shield_refused (GstPad * pad);
void gstx_unwrap_red (GstPad * pad, guint8 pt);

/* Drops the RTP of other codecs, and their caps: what is behind the pad would refuse them, and everything in front stop. */
void gstx_only_encoding (GstPad * pad, const char *name);

/* Answers an rtpbin's request-pt-map with these caps instead of what others would. */
void gstx_provide_pt_map (GstElement * rtpbin, guint n, const guint * pts, const char **caps);
void gstx_disable_upnp (GstElement * webrtcbin);

/* Loads gstdtls, with a certificate for all who bring none. */
void gstx_load_dtls (const char *pem);
gboolean gstx_skip_openssl_cleanup (void);

/* Two temporal layers of a vp8enc, and their bitrate (bit/s). */
void gstx_set_temporal_layers (GstElement * encoder);
void gstx_set_temporal_bitrate (GstElement * encoder, gint bitrate);

/* Keeps an encoder of libvpx at its bitrate after pauses. */
void gstx_hide_pauses (GstElement * encoder);

gboolean gstx_add_turn_server (GstElement * webrtcbin, const char *uri);

/* Passes TCP connections to a port on loopback on to a server by TLS. */
typedef struct _GstxTunnel GstxTunnel;
GstxTunnel *gstx_tunnel_new (const char *host, guint16 port, const char *ca_file, gboolean insecure, char **message);
guint16 gstx_tunnel_port (GstxTunnel * tunnel);
void gstx_tunnel_close (GstxTunnel * tunnel);

/* What a receiver says of packets that we sent, read from an RTP session's events of transport-wide feedback. */
typedef struct
{
  guint64 reported;             /* when the report came; ns of the monotonic clock */
  guint64 sent, received;       /* ns, on clocks of their own */
  guint size;                   /* bytes */
  guint8 pt;
  gboolean lost;
} GstxTwccPacket;
typedef struct _GstxTwcc GstxTwcc;
GstxTwcc *gstx_twcc_new (void);
void gstx_twcc_unref (GstxTwcc * twcc);
/* Collects what passes a pad upstream, and lets an event pass when what has been collected is to be taken. */
void gstx_twcc_collect (GstxTwcc * twcc, GstPad * pad);
GArray *gstx_twcc_take (GstxTwcc * twcc);

/* Spreads the packets that come to the pads that it was added to over time. */
typedef struct _GstxPacer GstxPacer;
GstxPacer *gstx_pacer_new (void);
void gstx_pacer_unref (GstxPacer * pacer);
void gstx_pacer_add (GstxPacer * pacer, GstPad * pad, guint8 send_time_id);
void gstx_pacer_limit_retransmissions (GstxPacer * pacer, GstPad * pad);
void gstx_pacer_drop (GstxPacer * pacer, GstPad * pad, gboolean drop);
void gstx_pacer_hurry (GstxPacer * pacer, GstPad * pad, GstElement * queue);
void gstx_pacer_skip (GstxPacer * pacer, GstPad * pad, GstPad * frames);
void gstx_pacer_set_rate (GstxPacer * pacer, guint rate);
void gstx_pacer_close (GstxPacer * pacer);

/* Takes the keys of SSRCs that are no more out of an srtpdec. */
typedef struct _GstxSrtpKeys GstxSrtpKeys;
GstxSrtpKeys *gstx_srtp_keys_new (void);
void gstx_srtp_keys_unref (GstxSrtpKeys * keys);
void gstx_srtp_keys_watch (GstxSrtpKeys * keys, GstElement * decoder);
void gstx_srtp_keys_forget (GstxSrtpKeys * keys, guint32 ssrc);
void gstx_srtp_keys_keep (GstxSrtpKeys * keys, guint32 ssrc);

/* Tells silence from sound in Opus packets that pass a pad, for the header extension of RFC 6464. */
void gstx_guess_opus_level (GstPad * pad);

/* The figures of an SSRC that an rtpsession keeps. */
typedef struct
{
  guint ssrc;
  gboolean internal;            /* we send it */
  guint64 bitrate, packets, bytes;
  gint lost;
  double jitter, rtt;           /* in s */
} GstxSourceStats;
/* Fills the list and returns how many there are. */
guint gstx_source_stats (GstElement * session, GstxSourceStats * list, guint max);

/* Logs each packet of an rtpsession that has no pads yet, if that is wanted now: jitsi-rtp:6, jitsi-rtcp:6. */
void gstx_log_packets (GstElement * session);
