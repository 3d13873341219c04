/* What the roles share: the command line, what is told on stdout, sockets that are set up and never drop, loops. */
#ifndef SUPPORT_H
#define SUPPORT_H

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

/* So many messages are taken from one socket before anything else has its turn. */
#define BATCH 100

extern void *context;
/* The key=value arguments; ends with NULL. */
extern char **arguments;

/* Ends the process. */
_Noreturn void fail(const char *what, const char *why);
void *allocate(size_t items, size_t size);

/* The value of a key=value argument. */
const char *text(const char *key, const char *otherwise);
uint64_t number(const char *key);

/* Seconds of a monotonic clock. */
double now(void);

/* One JSON object, as printf. */
void tell(const char *format, ...);
void tell_value(double value);

/* Has the process end with its stdin. */
void watch_stdin(void);
/* Returns when the first line came on stdin. */
void await_first_line(void);

void set_option(void *socket, int option, int value);
/* Before the first socket. */
void set_context_option(int option, uint64_t value);
void *open_socket(int type);
/* A ROUTER that waits for a full peer and fails for one that is gone, where it would drop by default. */
void *open_router(void);
/* An XPUB that waits for a full subscriber, where it would drop by default, and is told of every subscription. */
void *open_publisher(void);
/* A SUB with a subscription to everything. */
void *open_subscriber(void);
/* Binds as the arguments say, and tells where. */
void *bind_socket(void *socket);
/* Connects to where the arguments say. */
void *connect_socket(void *socket);

/* Messages that come before those that are measured. */
uint64_t warm_up(void);
/* A body as large as the arguments say. */
void *new_body(void);
/* Sends as many messages as the arguments say. */
void send_many(void *socket);
/* Receives as many, and tells how many a second after the warm-up. */
void tell_receive_rate(void *socket);
void await_subscriptions(void *publisher, uint64_t count);

static inline int check(int result, const char *what) {
  if (result == -1) fail(what, zmq_strerror(errno));
  return result;
}

/* For calls that may not block (for long): whether it was done. */
static inline int check_done(int result, const char *what) {
  if (result == -1 && errno == EAGAIN) return 0;
  check(result, what);
  return 1;
}

/* A body that never changes: libzmq need not copy it. */
static inline void send_body(void *socket, const void *body, size_t size) {
  check(zmq_send_const(socket, body, size, 0), "send");
}

#endif
