/*
 * Certificates by CZMQ itself (zcert).
 *
 *   show FILE …                  loads each, and prints its keys and metadata, a line for each
 *   copy FROM TO                 loads one and saves it: TO and TO_secret
 *   make TO [NAME VALUE] …       saves a new one, and prints it
 */
#include <czmq.h>

static int fail(const char *what, const char *file) {
  fprintf(stderr, "%s: %s\n", what, file);
  return 1;
}

static void print(zcert_t *cert) {
  printf("public %s\n", zcert_public_txt(cert));
  printf("secret %s\n", zcert_secret_txt(cert));
  zlist_t *names = zcert_meta_keys(cert);
  for (char *name = zlist_first(names); name; name = zlist_next(names))
    printf("meta %s=%s\n", name, zcert_meta(cert, name));
  zlist_destroy(&names);
  printf("end\n");
}

static int show(int count, char **files) {
  for (int i = 0; i < count; i++) {
    zcert_t *cert = zcert_load(files[i]);
    if (!cert) return fail("cannot be loaded", files[i]);
    print(cert);
    zcert_destroy(&cert);
  }
  return 0;
}

static int copy(const char *from, const char *to) {
  zcert_t *cert = zcert_load(from);
  if (!cert) return fail("cannot be loaded", from);
  int saved = zcert_save(cert, to);
  zcert_destroy(&cert);
  return saved ? fail("cannot be saved", to) : 0;
}

static int make(const char *to, int count, char **metadata) {
  zcert_t *cert = zcert_new();
  if (!cert) return fail("cannot be made", to);
  for (int i = 0; i + 1 < count; i += 2) zcert_set_meta(cert, metadata[i], "%s", metadata[i + 1]);
  int saved = zcert_save(cert, to);
  print(cert);
  zcert_destroy(&cert);
  return saved ? fail("cannot be saved", to) : 0;
}

int main(int argc, char **argv) {
  if (argc >= 3 && streq(argv[1], "show")) return show(argc - 2, argv + 2);
  if (argc == 4 && streq(argv[1], "copy")) return copy(argv[2], argv[3]);
  if (argc >= 3 && streq(argv[1], "make")) return make(argv[2], argc - 3, argv + 3);
  fprintf(stderr, "usage: show FILE … | copy FROM TO | make TO [NAME VALUE] …\n");
  return 2;
}
