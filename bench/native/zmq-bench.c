/*
 * The benchmark's contender "libzmq from C": one process of a scenario, the same roles as the JavaScript peers have.
 *
 *   cd bench/native && cc -O2 -o zmq-bench *.c -lzmq -lpthread
 *   ./zmq-bench <scenario> <role> key=value …   or   ./zmq-bench version
 *
 * It prints JSON objects, one a line ({"endpoint":…}, {"ready":1}, {"value":…}), and lives until its stdin ends.
 * Settings are libzmq's defaults, except where a comment says otherwise.
 */
#include "roles.h"
#include "support.h"
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
  const char *scenario, *role;
  void (*run)(void);
} roles[] = {
    {"push-pull", "receiver", push_pull_receiver},
    {"push-pull", "sender", push_pull_sender},
    {"pub-sub", "receiver", pub_sub_receiver},
    {"pub-sub", "sender", pub_sub_sender},
    {"curve", "receiver", curve_receiver},
    {"curve", "sender", curve_sender},
    {"curve-bad-hello", "server", curve_bad_hello_server},
    {"echo", "server", echo_server},
    {"echo", "client", echo_client},
    {"round-trip", "server", round_trip_server},
    {"round-trip", "client", round_trip_client},
    {"inproc", "both", inproc_both},
    {"fan-out", "sender", fan_out_sender},
    {"fan-out", "receiver", fan_out_receiver},
    {"subscriptions", "sender", subscriptions_sender},
    {"subscriptions", "receiver", subscriptions_receiver},
    {"peers", "server", peers_server},
    {"peers", "client", peers_client},
    {"full-mark", "sender", full_mark_sender},
    {"full-mark", "receiver", full_mark_receiver},
    {"connect-rate", "server", connect_rate_server},
    {"connect-rate", "client", connect_rate_client},
};

static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit); /* if it may not, small cases run all the same */
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    printf("libzmq %d.%d.%d\n", major, minor, patch);
    return 0;
  }
  if (argc < 3) fail("usage", "zmq-bench <scenario> <role> key=value …");
  arguments = argv + 3;
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
    if (strcmp(roles[i].scenario, argv[1]) != 0 || strcmp(roles[i].role, argv[2]) != 0) continue;
    raise_file_limit();
    watch_stdin();
    context = zmq_ctx_new();
    if (context == NULL) fail("zmq_ctx_new", zmq_strerror(errno));
    roles[i].run();
    for (;;) pause();
  }
  fail(argv[1], "no such scenario or role");
}
