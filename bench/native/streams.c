/* One socket to one: push-pull, pub-sub, inproc, full-mark, and subscriptions by many topics. */
#include "roles.h"
#include "support.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define TOPIC_LENGTH 15 /* of "topic/%08u/" */

void push_pull_receiver(void) { tell_receive_rate(bind_socket(open_socket(ZMQ_PULL))); }

void push_pull_sender(void) { send_many(connect_socket(open_socket(ZMQ_PUSH))); }

void pub_sub_receiver(void) { tell_receive_rate(bind_socket(open_subscriber())); }

void pub_sub_sender(void) {
  void *socket = connect_socket(open_publisher());
  await_subscriptions(socket, 1);
  send_many(socket);
}

static void *inproc_sender(void *endpoint) {
  void *socket = open_socket(ZMQ_PUSH);
  check(zmq_connect(socket, endpoint), "zmq_connect");
  send_many(socket);
  return socket; /* stays open, as the process does */
}

void inproc_both(void) {
  static char endpoint[] = "inproc://bench";
  set_context_option(ZMQ_IO_THREADS, 0);
  void *socket = open_socket(ZMQ_PULL);
  check(zmq_bind(socket, endpoint), "zmq_bind");
  pthread_t thread;
  int error = pthread_create(&thread, NULL, inproc_sender, endpoint);
  if (error != 0) fail("pthread_create", strerror(error));
  tell_receive_rate(socket);
}

void full_mark_sender(void) {
  size_t size = number("size");
  void *body = new_body();
  void *socket = connect_socket(open_socket(ZMQ_PUSH));
  set_option(socket, ZMQ_SNDTIMEO, 1000); /* full: nothing was taken for so many milliseconds */
  uint64_t taken = 0;
  while (check_done(zmq_send_const(socket, body, size, 0), "send")) taken++;
  tell_value((double)taken);
}

void full_mark_receiver(void) { bind_socket(open_socket(ZMQ_PULL)); }

/* All topics, TOPIC_LENGTH bytes each. */
static char *new_topics(uint64_t count) {
  char *topics = allocate(count * TOPIC_LENGTH + 1, 1);
  for (uint64_t i = 0; i < count; i++) sprintf(topics + i * TOPIC_LENGTH, "topic/%08u/", (unsigned)i);
  return topics;
}

void subscriptions_sender(void) {
  uint64_t count = warm_up() + number("count"), topic_count = number("topics");
  size_t size = number("size") > TOPIC_LENGTH ? number("size") : TOPIC_LENGTH;
  char *topics = new_topics(topic_count);
  char *body = allocate(size, 1);
  void *socket = bind_socket(open_publisher());
  await_subscriptions(socket, topic_count);
  for (uint64_t k = 0; k < count; k++) {
    memcpy(body, topics + k * 7919 % topic_count * TOPIC_LENGTH, TOPIC_LENGTH);
    check(zmq_send(socket, body, size, 0), "send");
  }
}

void subscriptions_receiver(void) {
  uint64_t topic_count = number("topics");
  char *topics = new_topics(topic_count);
  void *socket = open_socket(ZMQ_SUB);
  set_option(socket, ZMQ_SNDHWM, 0); /* subscriptions beyond the mark would be dropped */
  connect_socket(socket);
  for (uint64_t i = 0; i < topic_count; i++) {
    check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topics + i * TOPIC_LENGTH, TOPIC_LENGTH), "subscribe");
  }
  tell_receive_rate(socket);
}
