/*
 * A peer in C with plain libzmq: what docs/wire.md promises to programs in other languages. The
 * first argument says what it does, the second where.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void *context;

static void must(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

static void *open_socket(int type, const char *connect_to) {
  void *s = zmq_socket(context, type);
  must(s != NULL, "socket");
  int limit = 10000;
  zmq_setsockopt(s, ZMQ_RCVTIMEO, &limit, sizeof limit);
  zmq_setsockopt(s, ZMQ_LINGER, &limit, sizeof limit);
  if (connect_to != NULL) must(zmq_connect(s, connect_to) == 0, "connect");
  return s;
}

/* Pairs of a pointer and a length, `count` of them. */
static void send_parts(void *s, int count, ...) {
  va_list parts;
  va_start(parts, count);
  for (int i = 0; i < count; i++) {
    const void *data = va_arg(parts, const void *);
    size_t size = va_arg(parts, size_t);
    must(zmq_send(s, data, size, i + 1 < count ? ZMQ_SNDMORE : 0) >= 0, "send");
  }
  va_end(parts);
}

#define TEXT(text) text, strlen(text)
#define BYTES(bytes) bytes, sizeof(bytes) - 1

/* Prints the parts of the next message after the first `skip`: text as it is, other bytes as <hex>. */
static void print_message(void *s, const char *name, int skip, int at_most) {
  printf("%s", name);
  int more = 1;
  for (int index = 0; more; index++) {
    zmq_msg_t part;
    zmq_msg_init(&part);
    must(zmq_msg_recv(&part, s, 0) >= 0, "receive");
    more = zmq_msg_more(&part);
    const unsigned char *bytes = zmq_msg_data(&part);
    size_t size = zmq_msg_size(&part);
    if (index >= skip && index < skip + at_most) {
      int printable = 1;
      for (size_t i = 0; i < size; i++) printable = printable && bytes[i] >= 0x20 && bytes[i] < 0x7f;
      printf(printable ? " " : " <");
      for (size_t i = 0; i < size; i++) printf(printable ? "%c" : "%02x", bytes[i]);
      if (!printable) printf(">");
    }
    zmq_msg_close(&part);
  }
  printf("\n");
}

static void call(const char *endpoint) {
  void *req = open_socket(ZMQ_REQ, endpoint);
  send_parts(req, 2, TEXT("sum"), TEXT("[1,2,3]"));
  print_message(req, "req", 0, 2);
  zmq_close(req);

  void *dealer = open_socket(ZMQ_DEALER, endpoint);
  send_parts(dealer, 5, BYTES("\0\0\0\1"), TEXT(""), TEXT("stream"), TEXT(""), BYTES("\1"));
  for (int i = 0; i < 3; i++) print_message(dealer, "many", 2, 2);
  send_parts(dealer, 4, TEXT("any id"), TEXT(""), TEXT("stream"), TEXT(""));
  print_message(dealer, "one", 0, 4);
  send_parts(dealer, 5, TEXT("h"), TEXT(""), TEXT("headers"), TEXT(""), TEXT("{\"tenant\":\"a\"}"));
  print_message(dealer, "headers", 2, 2);
  send_parts(dealer, 5, TEXT("b"), TEXT(""), TEXT("echo"), BYTES("\0\xff"),
             TEXT("{\":type\":\"application/octet-stream\"}"));
  print_message(dealer, "bytes", 2, 2);
  send_parts(dealer, 4, TEXT("u"), TEXT(""), TEXT("unknown"), TEXT("1"));
  print_message(dealer, "unknown", 2, 1);
  send_parts(dealer, 5, TEXT("d"), TEXT(""), TEXT("echo"), TEXT("1"), TEXT("{\":deadline-ms\":\"0\"}"));
  print_message(dealer, "late", 2, 1);
  send_parts(dealer, 4, TEXT("n"), TEXT(""), TEXT("never"), TEXT(""));
  send_parts(dealer, 4, TEXT("n"), TEXT(""), TEXT(""), TEXT("cancel"));
  send_parts(dealer, 4, TEXT("p"), TEXT(""), TEXT(""), TEXT("ping"));
  print_message(dealer, "ping", 0, 3);
  zmq_close(dealer);
}

/* As an XPUB it sees the subscriptions: those of a server end with the ready mark. */
static void publish(const char *endpoint) {
  void *publisher = open_socket(ZMQ_XPUB, endpoint);
  char topic[64];
  int size;
  do {
    size = zmq_recv(publisher, topic, sizeof topic, 0);
    must(size >= 0, "receive");
  } while (size != 7 || memcmp(topic, "\1\0ready", 7) != 0);
  send_parts(publisher, 2, TEXT("tick"), TEXT("{\"by\":1}"));
  send_parts(publisher, 3, TEXT("tick"), TEXT("{\"by\":2}"), TEXT("{\"tenant\":\"a\"}"));
  zmq_close(publisher);
}

static void subscribe(const char *endpoint) {
  void *subscriber = open_socket(ZMQ_SUB, endpoint);
  must(zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, "tick", 4) == 0, "subscribe");
  print_message(subscriber, "event", 0, 2);
  zmq_close(subscriber);
}

static void push(const char *endpoint) {
  void *pusher = open_socket(ZMQ_PUSH, endpoint);
  for (int i = 1; i <= 3; i++) {
    char job[32];
    snprintf(job, sizeof job, "{\"job\":%d}", i);
    send_parts(pusher, 2, TEXT("resize"), TEXT(job));
  }
  zmq_close(pusher);
}

static void pull(const char *endpoint) {
  void *puller = open_socket(ZMQ_PULL, endpoint);
  for (int i = 0; i < 3; i++) print_message(puller, "task", 0, 2);
  zmq_close(puller);
}

#define MOST_FRAMES 8

static int is(zmq_msg_t *frame, const char *text) {
  return zmq_msg_size(frame) == strlen(text) && memcmp(zmq_msg_data(frame), text, strlen(text)) == 0;
}

/* [delivery id, "", status, payload, metadata?]; the status is one byte, also when it is zero. */
static void answer(void *s, const void *id, size_t id_size, char status, const char *payload, const char *metadata) {
  send_parts(s, metadata == NULL ? 4 : 5, id, id_size, TEXT(""), &status, (size_t)1, TEXT(payload),
             metadata == NULL ? "" : metadata, metadata == NULL ? (size_t)0 : strlen(metadata));
}

/*
 * A worker with acknowledgement. Who cancels "endless" gets its answer; after "stop" it takes no
 * more, and goes when the pool has all of its answers.
 */
static void work(const char *endpoint) {
  void *worker = open_socket(ZMQ_DEALER, endpoint);
  int handed_back = 0;
  for (int working = 1; working;) {
    zmq_msg_t frames[MOST_FRAMES];
    int count = 0;
    do {
      must(count < MOST_FRAMES, "a message of so few frames");
      zmq_msg_init(&frames[count]);
      must(zmq_msg_recv(&frames[count], worker, 0) >= 0, "receive");
    } while (zmq_msg_more(&frames[count++]));
    must(count >= 3, "a message of so many frames");

    if (is(&frames[0], "")) { /* a control message: ["", "", verb] */
      printf("%.*s\n", (int)zmq_msg_size(&frames[2]), (char *)zmq_msg_data(&frames[2]));
      fflush(stdout);
      if (is(&frames[2], "hello")) send_parts(worker, 3, TEXT(""), TEXT(""), TEXT("credit 3"));
      if (is(&frames[2], "drained")) working = 0;
    } else { /* [id, "", name, payload, metadata?], or [id, "", "", "cancel"] */
      const void *id = zmq_msg_data(&frames[0]);
      size_t size = zmq_msg_size(&frames[0]);
      zmq_msg_t *name = &frames[2];
      char metadata[256] = "";
      if (count > 4) snprintf(metadata, sizeof metadata, "%.*s", (int)zmq_msg_size(&frames[4]), (char *)zmq_msg_data(&frames[4]));
      int again = strstr(metadata, "\":attempt\":\"2\"") != NULL;
      char value[64];
      if (is(name, "double")) {
        char number[16];
        snprintf(number, sizeof number, "%.*s", (int)zmq_msg_size(&frames[3]), (char *)zmq_msg_data(&frames[3]));
        snprintf(value, sizeof value, "%d", 2 * atoi(number));
        answer(worker, id, size, 1, value, NULL);
      } else if (is(name, "nothing")) {
        answer(worker, id, size, 2, "", NULL);
      } else if (is(name, "fail")) {
        answer(worker, id, size, 3, "{\"name\":\"Error\",\"message\":\"no\",\"code\":\"NO\"}", NULL);
      } else if (is(name, "again")) {
        if (again) answer(worker, id, size, 1, "\"the second time\"", NULL);
        else answer(worker, id, size, 4, "{\"message\":\"not yet\"}", "{\":delay-ms\":\"1\"}");
      } else if (is(name, "back")) {
        if (handed_back++ == 0) answer(worker, id, size, 5, "", NULL);
        else answer(worker, id, size, 1, again ? "\"marked\"" : "\"not marked\"", NULL);
      } else if (is(name, "slow")) {
        answer(worker, id, size, 0, "", NULL);
        answer(worker, id, size, 1, "\"in the end\"", NULL);
      } else if (is(name, "die")) {
        if (!again) raise(SIGKILL);
        answer(worker, id, size, 1, "\"survived\"", NULL);
      } else if (is(name, "")) {
        answer(worker, id, size, 3, "{\"name\":\"Error\",\"message\":\"cancelled\"}", NULL);
      } else if (is(name, "stop")) {
        send_parts(worker, 3, TEXT(""), TEXT(""), TEXT("credit 0"));
        answer(worker, id, size, 2, "", NULL);
      } else {
        must(is(name, "endless"), "a task that is known");
      }
    }
    while (count > 0) zmq_msg_close(&frames[--count]);
  }
  zmq_close(worker);
}

/* Answers three calls: with a value, with none, with an error. */
static void serve(void) {
  void *server = open_socket(ZMQ_REP, NULL);
  must(zmq_bind(server, "tcp://127.0.0.1:*") == 0, "bind");
  char endpoint[256];
  size_t size = sizeof endpoint;
  zmq_getsockopt(server, ZMQ_LAST_ENDPOINT, endpoint, &size);
  printf("%s\n", endpoint);
  fflush(stdout);
  print_message(server, "call", 0, 2);
  send_parts(server, 2, BYTES("\1"), TEXT("42"));
  print_message(server, "call", 0, 2);
  send_parts(server, 2, BYTES("\2"), TEXT(""));
  print_message(server, "call", 0, 2);
  send_parts(server, 2, BYTES("\3"), TEXT("{\"name\":\"Error\",\"message\":\"no\",\"code\":\"NO\"}"));
  zmq_close(server);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "", *where = argc > 2 ? argv[2] : "";
  context = zmq_ctx_new();
  if (strcmp(what, "call") == 0) call(where);
  else if (strcmp(what, "publish") == 0) publish(where);
  else if (strcmp(what, "subscribe") == 0) subscribe(where);
  else if (strcmp(what, "push") == 0) push(where);
  else if (strcmp(what, "pull") == 0) pull(where);
  else if (strcmp(what, "work") == 0) work(where);
  else if (strcmp(what, "serve") == 0) serve();
  else return 2;
  zmq_ctx_term(context);
  return 0;
}
