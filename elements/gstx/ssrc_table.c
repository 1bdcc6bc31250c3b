#include "gstx.h"

struct _GstxSsrcTable
{
  gint refs;
  GMutex lock;
  GHashTable *cnames;           /* SSRC -> CNAME */
  guint64 dropped;              /* packets of SSRCs that are not in the table */
};

GstxSsrcTable *
gstx_ssrc_table_new (void)
{
  GstxSsrcTable *table = g_new0 (GstxSsrcTable, 1);

  table->refs = 1;
  g_mutex_init (&table->lock);
  table->cnames = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return table;
}

static GstxSsrcTable *
ssrc_table_ref (GstxSsrcTable * table)
{
  g_atomic_int_inc (&table->refs);
  return table;
}

void
gstx_ssrc_table_unref (GstxSsrcTable * table)
{
  if (!g_atomic_int_dec_and_test (&table->refs))
    return;
  g_hash_table_unref (table->cnames);
  g_mutex_clear (&table->lock);
  g_free (table);
}

void
gstx_ssrc_table_set (GstxSsrcTable * table, guint32 ssrc, const char *cname)
{
  g_mutex_lock (&table->lock);
  g_hash_table_insert (table->cnames, GUINT_TO_POINTER (ssrc),
      g_strdup (cname));
  g_mutex_unlock (&table->lock);
}

void
gstx_ssrc_table_remove (GstxSsrcTable * table, guint32 ssrc)
{
  g_mutex_lock (&table->lock);
  g_hash_table_remove (table->cnames, GUINT_TO_POINTER (ssrc));
  g_mutex_unlock (&table->lock);
}

guint64
gstx_ssrc_table_dropped (GstxSsrcTable * table)
{
  guint64 n;

  g_mutex_lock (&table->lock);
  n = table->dropped;
  g_mutex_unlock (&table->lock);
  return n;
}

/* Where packets have their SSRC. RFC 3550, 5.1 and 6.4 */
#define IN_RTP 8
#define IN_RTCP 4               /* of the sender, in the first one of a compound */

static gboolean
knows_packet (GstxSsrcTable * table, GstBuffer * buffer, gsize offset)
{
  guint8 ssrc[4];
  gboolean known;

  if (gst_buffer_extract (buffer, offset, ssrc, 4) != 4)
    return FALSE;
  g_mutex_lock (&table->lock);
  known = g_hash_table_contains (table->cnames,
      GUINT_TO_POINTER (GST_READ_UINT32_BE (ssrc)));
  if (!known && offset == IN_RTP)
    table->dropped++;
  g_mutex_unlock (&table->lock);
  return known;
}

static gboolean
keep_known (GstBuffer ** buffer, guint index, gpointer user_data)
{
  if (!knows_packet (user_data, *buffer, IN_RTP))
    gst_clear_buffer (buffer);
  return TRUE;
}

static GstPadProbeReturn
filter_probe (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list =
        gst_buffer_list_make_writable (GST_PAD_PROBE_INFO_BUFFER_LIST (info));

    gst_buffer_list_foreach (list, keep_known, user_data);
    info->data = list;
    return gst_buffer_list_length (list) > 0 ? GST_PAD_PROBE_OK :
        GST_PAD_PROBE_DROP;
  }
  return knows_packet (user_data, GST_PAD_PROBE_INFO_BUFFER (info), IN_RTP) ?
      GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
filter_control_probe (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return knows_packet (user_data, GST_PAD_PROBE_INFO_BUFFER (info), IN_RTCP) ?
      GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

void
gstx_ssrc_table_filter (GstxSsrcTable * table, GstPad * pad)
{
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, filter_probe,
      ssrc_table_ref (table), (GDestroyNotify) gstx_ssrc_table_unref);
}

void
gstx_ssrc_table_filter_control (GstxSsrcTable * table, GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, filter_control_probe,
      ssrc_table_ref (table), (GDestroyNotify) gstx_ssrc_table_unref);
}

typedef struct
{
  GstxSsrcTable *table;
  GstElement *rtpbin;           /* outlives its jitter buffers: not referenced */
  guint session;
  guint32 ssrc;
} CnameProvider;

static void
cname_provider_free (gpointer data, GClosure * closure)
{
  CnameProvider *provider = data;

  gstx_ssrc_table_unref (provider->table);
  g_free (provider);
}

/* The RTP session has read the header extensions; depayloaders would read them again, packet by packet. */
static gboolean
is_no_extmap (GQuark field, const GValue * value, gpointer user_data)
{
  return !g_str_has_prefix (g_quark_to_string (field), "extmap-");
}

static gboolean
drop_extmaps (GstCapsFeatures * features, GstStructure * s, gpointer user_data)
{
  gst_structure_filter_and_map_in_place (s,
      (GstStructureFilterMapFunc) is_no_extmap, NULL);
  return TRUE;
}

/* The jitter buffer takes the CNAME from its caps where RTCP brings none. */
static GstCaps *
caps_with_cname (GstElement * jitterbuffer, guint pt, CnameProvider * provider)
{
  GstCaps *caps = NULL;
  const char *cname;
  char *field;

  g_signal_emit_by_name (provider->rtpbin, "request-pt-map", provider->session,
      pt, &caps);
  if (caps == NULL)
    return NULL;
  caps = gst_caps_make_writable (caps);
  gst_caps_filter_and_map_in_place (caps, drop_extmaps, NULL);
  field = g_strdup_printf ("ssrc-%u-cname", provider->ssrc);
  g_mutex_lock (&provider->table->lock);
  cname = g_hash_table_lookup (provider->table->cnames,
      GUINT_TO_POINTER (provider->ssrc));
  if (cname != NULL)
    gst_caps_set_simple (caps, field, G_TYPE_STRING, cname, NULL);
  g_mutex_unlock (&provider->table->lock);
  g_free (field);
  return caps;
}

void
gstx_ssrc_table_provide_cnames (GstxSsrcTable * table,
    GstElement * jitterbuffer, GstElement * rtpbin, guint session, guint32 ssrc)
{
  CnameProvider *provider = g_new0 (CnameProvider, 1);

  provider->table = ssrc_table_ref (table);
  provider->rtpbin = rtpbin;
  provider->session = session;
  provider->ssrc = ssrc;
  /* rtpbin's own handler is connected already; the last one's value counts */
  g_signal_connect_data (jitterbuffer, "request-pt-map",
      G_CALLBACK (caps_with_cname), provider, cname_provider_free, 0);
}
