#include "support.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void *context;
char **arguments;

static int first_line[2]; /* a pipe: a byte comes when the line came */

void fail(const char *what, const char *why) {
  fprintf(stderr, "zmq-bench: %s: %s\n", what, why);
  _exit(1);
}

void *allocate(size_t items, size_t size) {
  void *memory = calloc(items > 0 ? items : 1, size);
  if (memory == NULL) fail("calloc", strerror(errno));
  return memory;
}

const char *text(const char *key, const char *otherwise) {
  size_t length = strlen(key);
  for (char **argument = arguments; *argument != NULL; argument++) {
    if (strncmp(*argument, key, length) == 0 && (*argument)[length] == '=') return *argument + length + 1;
  }
  return otherwise;
}

uint64_t number(const char *key) {
  const char *value = text(key, NULL);
  if (value == NULL) fail(key, "missing");
  char *end;
  uint64_t result = strtoull(value, &end, 10);
  if (end == value || *end != '\0') fail(key, "not a number");
  return result;
}

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void tell(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  putchar('\n');
  fflush(stdout);
}

void tell_value(double value) { tell("{\"value\":%.3f}", value); }

static void *read_stdin(void *unused) {
  int lines = 0;
  for (int c; (c = getchar()) != EOF;) {
    if (c == '\n' && lines++ == 0 && write(first_line[1], "", 1) != 1) fail("write", strerror(errno));
  }
  _exit(0);
  return unused;
}

void watch_stdin(void) {
  pthread_t thread;
  if (pipe(first_line) != 0) fail("pipe", strerror(errno));
  int error = pthread_create(&thread, NULL, read_stdin, NULL);
  if (error != 0) fail("pthread_create", strerror(error));
}

void await_first_line(void) {
  char byte;
  if (read(first_line[0], &byte, 1) != 1) fail("read", strerror(errno));
}

void set_option(void *socket, int option, int value) {
  check(zmq_setsockopt(socket, option, &value, sizeof value), "zmq_setsockopt");
}

void *open_socket(int type) {
  void *socket = zmq_socket(context, type);
  if (socket == NULL) fail("zmq_socket", zmq_strerror(errno));
  if (text("hwm", NULL) != NULL) {
    set_option(socket, ZMQ_SNDHWM, (int)number("hwm"));
    set_option(socket, ZMQ_RCVHWM, (int)number("hwm"));
  }
  return socket;
}

void *bind_socket(void *socket) {
  char endpoint[512];
  size_t length = sizeof endpoint;
  check(zmq_bind(socket, text("bind", "tcp://127.0.0.1:*")), "zmq_bind");
  check(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &length), "zmq_getsockopt");
  tell("{\"endpoint\":\"%s\"}", endpoint);
  return socket;
}

void *connect_socket(void *socket) {
  const char *endpoint = text("endpoint", NULL);
  if (endpoint == NULL) fail("endpoint", "missing");
  check(zmq_connect(socket, endpoint), "zmq_connect");
  return socket;
}

void *open_router(void) {
  void *socket = open_socket(ZMQ_ROUTER);
  set_option(socket, ZMQ_ROUTER_MANDATORY, 1);
  return socket;
}

void *open_publisher(void) {
  void *socket = open_socket(ZMQ_XPUB);
  set_option(socket, ZMQ_XPUB_NODROP, 1);
  set_option(socket, ZMQ_XPUB_VERBOSE, 1);
  return socket;
}

void *open_subscriber(void) {
  void *socket = open_socket(ZMQ_SUB);
  check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0), "subscribe");
  return socket;
}

void set_context_option(int option, uint64_t value) {
  check(zmq_ctx_set(context, option, (int)value), "zmq_ctx_set");
}

uint64_t warm_up(void) { return text("warmup", NULL) == NULL ? 0 : number("warmup"); }

void *new_body(void) {
  size_t size = number("size");
  return memset(allocate(size, 1), 'a', size);
}

void send_many(void *socket) {
  uint64_t count = warm_up() + number("count");
  size_t size = number("size");
  void *body = new_body();
  for (uint64_t sent = 0; sent < count; sent++) send_body(socket, body, size);
}

void tell_receive_rate(void *socket) {
  uint64_t count = number("count"), before = warm_up();
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (uint64_t received = 0; received <= before; received++) check(zmq_msg_recv(&message, socket, 0), "receive");
  double start = now();
  for (uint64_t received = 1; received < count; received++) check(zmq_msg_recv(&message, socket, 0), "receive");
  tell_value((double)(count - 1) / (now() - start));
  zmq_msg_close(&message);
}

void await_subscriptions(void *publisher, uint64_t count) {
  zmq_msg_t message;
  zmq_msg_init(&message);
  while (count > 0) {
    check(zmq_msg_recv(&message, publisher, 0), "receive a subscription");
    if (zmq_msg_size(&message) > 0 && *(char *)zmq_msg_data(&message) == 1) count--;
  }
  zmq_msg_close(&message);
}
