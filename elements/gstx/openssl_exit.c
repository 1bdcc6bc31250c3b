/* OpenSSL (3.0) frees what it keeps for each thread when the process exits, without a look at threads that are ending just then and
 * free it, too: "double free or corruption". GStreamer's streaming threads end when it is shut down, which is right before. What is
 * left to an exiting process goes with it anyway, so OpenSSL is told not to clean up. Whoever has set it up before us has decided. */
#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include "gstx.h"

#define NO_ATEXIT 0x00080000L   /* OPENSSL_INIT_NO_ATEXIT, since 1.1.1b */

typedef int (*InitCrypto) (guint64 options, const void *settings);

static int
find_libcrypto (struct dl_phdr_info *info, size_t size, void *path)
{
  const char *slash = strrchr (info->dlpi_name, '/');

  if (!g_str_has_prefix (slash ? slash + 1 : info->dlpi_name, "libcrypto.so"))
    return 0;
  *(char **) path = g_strdup (info->dlpi_name);
  return 1;
}

/* Of the libcrypto that gstdtls has brought into the process. */
gboolean
gstx_skip_openssl_cleanup (void)
{
  char *path = NULL;
  void *library;
  InitCrypto init = NULL;

  dl_iterate_phdr (find_libcrypto, &path);
  if (path == NULL)
    return FALSE;
  library = dlopen (path, RTLD_LAZY | RTLD_NOLOAD);
  g_free (path);
  if (library == NULL)
    return FALSE;
  init = (InitCrypto) dlsym (library, "OPENSSL_init_crypto");
  if (init != NULL)
    init (NO_ATEXIT, NULL);
  dlclose (library);
  return init != NULL;
}
