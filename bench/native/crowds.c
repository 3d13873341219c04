/* Many connections: fan-out, peers and connect-rate. */
#include "roles.h"
#include "support.h"
#include <string.h>

/* ---- fan-out ---- */

void fan_out_sender(void) {
  void *socket = bind_socket(open_publisher());
  await_subscriptions(socket, number("peers"));
  send_many(socket);
}

void fan_out_receiver(void) {
  uint64_t peers = number("peers"), before = warm_up(), count = number("count");
  uint64_t left = peers * (before + count);
  double start = 0;
  set_context_option(ZMQ_MAX_SOCKETS, peers);
  zmq_pollitem_t *items = allocate(peers, sizeof *items);
  uint64_t *received = allocate(peers, sizeof *received);
  for (uint64_t i = 0; i < peers; i++) {
    items[i] = (zmq_pollitem_t){.socket = connect_socket(open_subscriber()), .events = ZMQ_POLLIN};
  }
  zmq_msg_t message;
  zmq_msg_init(&message);
  while (left > 0) {
    check(zmq_poll(items, (int)peers, -1), "zmq_poll");
    for (uint64_t i = 0; i < peers; i++) {
      if (items[i].revents == 0) continue;
      for (int n = 0; n < BATCH && check_done(zmq_msg_recv(&message, items[i].socket, ZMQ_DONTWAIT), "receive"); n++) {
        if (received[i]++ == before && start == 0) start = now(); /* the first that is through with its warm-up */
        left--;
      }
    }
  }
  tell_value((double)(peers * count - 1) / (now() - start));
}

/* ---- peers ---- */

typedef struct {
  uint64_t id; /* 0: free */
  uint64_t received;
} peer_t;

/* The routing ids that a ROUTER gives are five bytes. They and their length are a number that is never 0. */
static uint64_t peer_id(zmq_msg_t *routing_id) {
  uint64_t id = 0;
  size_t size = zmq_msg_size(routing_id);
  if (size >= sizeof id) fail("peers", "a routing id that the ROUTER did not give");
  memcpy(&id, zmq_msg_data(routing_id), size);
  return id << 8 | size;
}

/* An open-addressed table of 2^bits entries, never full. */
static peer_t *find_peer(peer_t *table, int bits, uint64_t id) {
  uint64_t mask = (UINT64_C(1) << bits) - 1;
  uint64_t slot = id * UINT64_C(0x9E3779B97F4A7C15) >> (64 - bits);
  while (table[slot].id != id && table[slot].id != 0) slot = (slot + 1) & mask;
  table[slot].id = id;
  return &table[slot];
}

void peers_server(void) {
  uint64_t peers = number("peers"), burst = number("burst"), hellos = 0;
  int bits = 4;
  while (UINT64_C(1) << bits < peers * 2) bits++;
  peer_t *table = allocate((size_t)1 << bits, sizeof *table);
  void *socket = bind_socket(open_router());
  zmq_msg_t sender, body;
  zmq_msg_init(&sender);
  zmq_msg_init(&body);
  for (;;) {
    check(zmq_msg_recv(&sender, socket, 0), "receive");
    check(zmq_msg_recv(&body, socket, 0), "receive");
    peer_t *peer = find_peer(table, bits, peer_id(&sender));
    if (peer->received++ == 0) {
      if (++hellos == peers) tell("{\"ready\":1}");
      if (hellos > peers) fail("peers", "more than were said");
    } else if ((peer->received - 1) % burst == 0) {
      check(zmq_msg_send(&sender, socket, ZMQ_SNDMORE), "send");
      check(zmq_send_const(socket, "", 0, 0), "send");
    }
  }
}

/* Sends so many from all of them together, in bursts: the next one when the last was answered. */
static void talk_all(zmq_pollitem_t *items, uint64_t count) {
  uint64_t peers = number("peers"), burst = number("burst"), acked = 0;
  size_t size = number("size");
  void *body = new_body();
  if (count % (peers * burst) != 0) fail("count", "not a multiple of peers × burst");
  uint64_t *left = allocate(peers, sizeof *left);
  zmq_msg_t ack;
  zmq_msg_init(&ack);
  for (uint64_t i = 0; i < peers; i++) {
    left[i] = count / peers;
    for (uint64_t n = 0; left[i] > 0 && n < burst; n++) send_body(items[i].socket, body, size);
  }
  while (acked < count) {
    check(zmq_poll(items, (int)peers, -1), "zmq_poll");
    for (uint64_t i = 0; i < peers; i++) {
      if (items[i].revents == 0) continue;
      check(zmq_msg_recv(&ack, items[i].socket, 0), "receive"); /* there is never more than one */
      acked += burst;
      left[i] -= burst;
      for (uint64_t n = 0; left[i] > 0 && n < burst; n++) send_body(items[i].socket, body, size);
    }
  }
  zmq_msg_close(&ack);
}

void peers_client(void) {
  uint64_t peers = number("peers"), count = number("count");
  set_context_option(ZMQ_MAX_SOCKETS, peers);
  zmq_pollitem_t *items = allocate(peers, sizeof *items);
  for (uint64_t i = 0; i < peers; i++) {
    items[i] = (zmq_pollitem_t){.socket = connect_socket(open_socket(ZMQ_DEALER)), .events = ZMQ_POLLIN};
    send_body(items[i].socket, "hello", 5);
  }
  talk_all(items, warm_up());
  tell("{\"ready\":1}");
  await_first_line();
  double start = now();
  talk_all(items, count);
  tell_value((double)count / (now() - start));
}

/* ---- connect-rate ---- */

static void *ask_on_new_connection(const void *body, size_t size) {
  void *socket = open_socket(ZMQ_DEALER);
  set_option(socket, ZMQ_LINGER, 0);
  connect_socket(socket);
  send_body(socket, body, size);
  return socket;
}

void connect_rate_client(void) {
  uint64_t count = number("count"), window = number("window"), started = 0;
  size_t size = text("size", NULL) != NULL ? number("size") : 0;
  void *body = allocate(size, 1);
  int open = 0;
  set_context_option(ZMQ_MAX_SOCKETS, window + 10000); /* closed ones count until libzmq's reaper thread had them */
  zmq_pollitem_t *items = allocate(window, sizeof *items);
  zmq_msg_t answer;
  zmq_msg_init(&answer);
  double start = now();
  do {
    for (; started < count && (uint64_t)open < window; started++) {
      items[open++] = (zmq_pollitem_t){.socket = ask_on_new_connection(body, size), .events = ZMQ_POLLIN};
    }
    check(zmq_poll(items, open, -1), "zmq_poll");
    for (int i = open - 1; i >= 0; i--) {
      if (items[i].revents == 0) continue;
      check(zmq_msg_recv(&answer, items[i].socket, 0), "receive");
      check(zmq_close(items[i].socket), "zmq_close");
      items[i] = items[--open];
    }
  } while (open > 0 || started < count);
  tell_value((double)count / (now() - start));
}
