/* libnice speaks TURN over TCP but not over TLS (0.1.21 takes the type and sends in the clear). A tunnel listens on
 * loopback and passes on what comes to a TURN server by TLS. */
#include "gstx.h"
#include <gio/gio.h>

struct _GstxTunnel
{
  gint refs;
  char *host;
  guint16 port;
  guint16 local;
  gboolean insecure;
  GTlsDatabase *authorities;    /* NULL: the system's */
  GMainContext *context;
  GThread *thread;
  GSocketListener *listener;
  GCancellable *cancel;
};

/* One connection through the tunnel: each direction holds a reference. */
typedef struct
{
  gint refs;
  GstxTunnel *tunnel;
  GIOStream *inner, *outer;
  GSocketConnection *socket;    /* below outer */
} Passage;

static GstxTunnel *
tunnel_ref (GstxTunnel * tunnel)
{
  g_atomic_int_inc (&tunnel->refs);
  return tunnel;
}

static void
tunnel_unref (GstxTunnel * tunnel)
{
  if (!g_atomic_int_dec_and_test (&tunnel->refs))
    return;
  g_clear_object (&tunnel->listener);
  g_clear_object (&tunnel->authorities);
  g_object_unref (tunnel->cancel);
  g_main_context_unref (tunnel->context);
  g_free (tunnel->host);
  g_free (tunnel);
}

static void
passage_unref (Passage * passage)
{
  if (--passage->refs > 0)
    return;
  g_clear_object (&passage->inner);
  g_clear_object (&passage->outer);
  if (passage->socket != NULL)
    g_io_stream_close (G_IO_STREAM (passage->socket), NULL, NULL);
  g_clear_object (&passage->socket);
  tunnel_unref (passage->tunnel);
  g_free (passage);
}

static void
closed (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
  passage_unref (user_data);
}

/* The end of one direction ends the other, too. The socket is closed when nobody writes to it any more. */
static void
passed (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Passage *passage = user_data;

  g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, NULL);
  g_io_stream_close (passage->inner, NULL, NULL);
  g_io_stream_close_async (passage->outer, G_PRIORITY_DEFAULT,
      passage->tunnel->cancel, closed, passage);
}

static void
pass (Passage * passage, GIOStream * from, GIOStream * to)
{
  passage->refs++;
  g_output_stream_splice_async (g_io_stream_get_output_stream (to),
      g_io_stream_get_input_stream (from), G_OUTPUT_STREAM_SPLICE_NONE,
      G_PRIORITY_DEFAULT, passage->tunnel->cancel, passed, passage);
}

/* Takes the error. */
static void
failed (Passage * passage, GError * error)
{
  GST_DEBUG_CATEGORY_STATIC (transport);
  GST_DEBUG_CATEGORY_GET (transport, "jitsi-transport");
  GST_CAT_WARNING (transport, "TURN server %s:%u by TLS: %s",
      passage->tunnel->host, passage->tunnel->port, error->message);
  g_error_free (error);
  g_io_stream_close (passage->inner, NULL, NULL);
}

static void
secured (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Passage *passage = user_data;
  GError *error = NULL;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result,
          &error)) {
    failed (passage, error);
  } else {
    pass (passage, passage->inner, passage->outer);
    pass (passage, passage->outer, passage->inner);
  }
  passage_unref (passage);
}

static gboolean
accept_any (GTlsConnection * connection, GTlsCertificate * certificate,
    GTlsCertificateFlags errors, gpointer user_data)
{
  return TRUE;
}

/* TLS over a connection. GLib resumes sessions of the process with the same server, whoever has begun them, without another
 * look at the certificate: one who takes any would open the door to those who do not. It knows the server by the socket's
 * address, so the socket is kept from it. */
static GIOStream *
secure (GstxTunnel * tunnel, GSocketConnection * socket, GError ** error)
{
  GIOStream *stream = G_IO_STREAM (socket);
  GIOStream *bare = g_simple_io_stream_new (g_io_stream_get_input_stream (stream),
      g_io_stream_get_output_stream (stream));
  GSocketConnectable *identity =
      g_network_address_new (tunnel->host, tunnel->port);
  GIOStream *secured = g_tls_client_connection_new (bare, identity, error);

  if (secured != NULL) {
    if (tunnel->authorities != NULL)
      g_tls_connection_set_database (G_TLS_CONNECTION (secured),
          tunnel->authorities);
    if (tunnel->insecure)
      g_signal_connect (secured, "accept-certificate",
          G_CALLBACK (accept_any), NULL);
  }
  g_object_unref (identity);
  g_object_unref (bare);
  return secured;
}

static void
connected (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Passage *passage = user_data;
  GError *error = NULL;

  passage->socket =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result,
      &error);
  if (passage->socket != NULL)
    passage->outer = secure (passage->tunnel, passage->socket, &error);
  if (passage->outer != NULL) {
    g_tls_connection_handshake_async (G_TLS_CONNECTION (passage->outer),
        G_PRIORITY_DEFAULT, passage->tunnel->cancel, secured, passage);
  } else {
    failed (passage, error);
    passage_unref (passage);
  }
}

static void
accepted (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GstxTunnel *tunnel = user_data;
  GSocketConnection *inner =
      g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL,
      NULL);

  if (g_cancellable_is_cancelled (tunnel->cancel)) {
    g_clear_object (&inner);
    tunnel_unref (tunnel);
    return;
  }
  g_socket_listener_accept_async (tunnel->listener, tunnel->cancel, accepted,
      tunnel);
  if (inner != NULL) {
    GSocketClient *client = g_socket_client_new ();
    Passage *passage = g_new0 (Passage, 1);

    passage->refs = 1;
    passage->tunnel = tunnel_ref (tunnel);
    passage->inner = G_IO_STREAM (inner);
    g_socket_client_connect_to_host_async (client, tunnel->host, tunnel->port,
        tunnel->cancel, connected, passage);
    g_object_unref (client);
  }
}

static gpointer
tunnel_run (gpointer user_data)
{
  GstxTunnel *tunnel = user_data;

  g_main_context_push_thread_default (tunnel->context);
  g_socket_listener_accept_async (tunnel->listener, tunnel->cancel, accepted,
      tunnel_ref (tunnel));
  /* when everything is cancelled it hears of that, and gives its references up: two are the owner's and ours */
  while (!g_cancellable_is_cancelled (tunnel->cancel)
      || g_atomic_int_get (&tunnel->refs) > 2)
    g_main_context_iteration (tunnel->context, TRUE);
  g_main_context_pop_thread_default (tunnel->context);
  tunnel_unref (tunnel);
  return NULL;
}

GstxTunnel *
gstx_tunnel_new (const char *host, guint16 port, const char *ca_file,
    gboolean insecure, char **message)
{
  GstxTunnel *tunnel = g_new0 (GstxTunnel, 1);
  GInetAddress *loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  GSocketAddress *any = g_inet_socket_address_new (loopback, 0);
  GSocketAddress *effective = NULL;
  GError *error = NULL;
  gboolean ok = TRUE;

  tunnel->refs = 1;
  tunnel->host = g_strdup (host);
  tunnel->port = port;
  tunnel->insecure = insecure;
  tunnel->context = g_main_context_new ();
  tunnel->listener = g_socket_listener_new ();
  tunnel->cancel = g_cancellable_new ();
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "GLib has no TLS: glib-networking is missing");
    ok = FALSE;
  }
  if (ok && ca_file != NULL) {
    tunnel->authorities = g_tls_file_database_new (ca_file, &error);
    ok = tunnel->authorities != NULL;
  }
  ok = ok && g_socket_listener_add_address (tunnel->listener, any,
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  if (ok) {
    tunnel->local =
        g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
    tunnel->thread =
        g_thread_new ("jitsi-turn-tls", tunnel_run, tunnel_ref (tunnel));
  } else {
    *message = g_strdup (error->message);
    g_error_free (error);
    tunnel_unref (tunnel);
    tunnel = NULL;
  }
  g_clear_object (&effective);
  g_object_unref (any);
  g_object_unref (loopback);
  return tunnel;
}

guint16
gstx_tunnel_port (GstxTunnel * tunnel)
{
  return tunnel->local;
}

/* Ends all connections, and the thread. */
void
gstx_tunnel_close (GstxTunnel * tunnel)
{
  GThread *thread = tunnel->thread;

  g_cancellable_cancel (tunnel->cancel);
  g_main_context_wakeup (tunnel->context);
  g_thread_join (thread);
  tunnel_unref (tunnel);
}
