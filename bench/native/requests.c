/* Messages that are answered: echo, round-trip, and the server of connect-rate. */
#include "roles.h"
#include "support.h"

/* Answers each message with its own body, or with an empty one. */
static void answer_all(int with_body) {
  void *socket = bind_socket(open_router());
  zmq_msg_t sender, body;
  zmq_msg_init(&sender);
  zmq_msg_init(&body);
  for (;;) {
    check(zmq_msg_recv(&sender, socket, 0), "receive");
    check(zmq_msg_recv(&body, socket, 0), "receive");
    check(zmq_msg_send(&sender, socket, ZMQ_SNDMORE), "send");
    if (with_body) check(zmq_msg_send(&body, socket, 0), "send");
    else check(zmq_send_const(socket, "", 0, 0), "send");
  }
}

void echo_server(void) { answer_all(1); }

void connect_rate_server(void) { answer_all(0); }

static void echo(void *socket, const void *body, uint64_t count) {
  uint64_t window = number("window"), sent = 0, received = 0;
  size_t size = number("size");
  zmq_msg_t reply;
  zmq_msg_init(&reply);
  while (received < count) {
    while (sent < count && sent - received < window) {
      /* With replies to come a full socket is no place to wait: the server may wait for us. */
      if (!check_done(zmq_send_const(socket, body, size, sent > received ? ZMQ_DONTWAIT : 0), "send")) break;
      sent++;
    }
    check(zmq_msg_recv(&reply, socket, 0), "receive");
    received++;
    for (int i = 1; i < BATCH && received < sent; i++) {
      if (!check_done(zmq_msg_recv(&reply, socket, ZMQ_DONTWAIT), "receive")) break;
      received++;
    }
  }
  zmq_msg_close(&reply);
}

void echo_client(void) {
  uint64_t count = number("count");
  void *body = new_body();
  void *socket = connect_socket(open_socket(ZMQ_DEALER));
  echo(socket, body, warm_up());
  double start = now();
  echo(socket, body, count);
  tell_value((double)count / (now() - start));
}

void round_trip_server(void) {
  void *socket = bind_socket(open_socket(ZMQ_REP));
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (;;) {
    check(zmq_msg_recv(&message, socket, 0), "receive");
    check(zmq_msg_send(&message, socket, 0), "send");
  }
}

static void round_trips(void *socket, const void *body, uint64_t count) {
  size_t size = number("size");
  zmq_msg_t reply;
  zmq_msg_init(&reply);
  for (uint64_t i = 0; i < count; i++) {
    send_body(socket, body, size);
    check(zmq_msg_recv(&reply, socket, 0), "receive");
  }
  zmq_msg_close(&reply);
}

void round_trip_client(void) {
  uint64_t count = number("count");
  void *body = new_body();
  void *socket = connect_socket(open_socket(ZMQ_REQ));
  round_trips(socket, body, warm_up());
  double start = now();
  round_trips(socket, body, count);
  tell_value((now() - start) * 1e6 / (double)count);
}
