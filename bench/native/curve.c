/* Servers and clients of CURVE, with the keys of libzmq's manual (zmq_curve). */
#include "roles.h"
#include "support.h"
#include <string.h>

static const char server_public[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
static const char server_secret[] = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
static const char client_public[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char client_secret[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

static void set_key(void *socket, int option, const char *key) {
  check(zmq_setsockopt(socket, option, key, strlen(key)), "key");
}

static void *open_curve_server(int type) {
  void *socket = open_socket(type);
  set_option(socket, ZMQ_CURVE_SERVER, 1);
  set_key(socket, ZMQ_CURVE_SECRETKEY, server_secret);
  return socket;
}

void curve_receiver(void) { tell_receive_rate(bind_socket(open_curve_server(ZMQ_PULL))); }

void curve_sender(void) {
  void *socket = open_socket(ZMQ_PUSH);
  set_key(socket, ZMQ_CURVE_PUBLICKEY, client_public);
  set_key(socket, ZMQ_CURVE_SECRETKEY, client_secret);
  set_key(socket, ZMQ_CURVE_SERVERKEY, server_public);
  send_many(connect_socket(socket));
}

void curve_bad_hello_server(void) { bind_socket(open_curve_server(ZMQ_ROUTER)); }
