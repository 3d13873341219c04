"""A peer in Python with plain pyzmq: the same conversations as peer.c."""

import json
import os
import signal
import sys

import zmq

context = zmq.Context()


def open_socket(kind, endpoint=None):
    socket = context.socket(kind)
    socket.rcvtimeo = 10_000
    socket.linger = 10_000
    if endpoint is not None:
        socket.connect(endpoint)
    return socket


def shown(part):
    text = part.decode("latin1")
    return text if all(" " <= character <= "~" for character in text) else f"<{part.hex()}>"


def tell(name, parts):
    print(" ".join([name, *map(shown, parts)]), flush=True)


def call(endpoint):
    req = open_socket(zmq.REQ, endpoint)
    req.send_multipart([b"sum", b"[1,2,3]"])
    tell("req", req.recv_multipart())

    dealer = open_socket(zmq.DEALER, endpoint)
    dealer.send_multipart([b"\0\0\0\1", b"", b"stream", b"", b"\1"])
    for _ in range(3):
        tell("many", dealer.recv_multipart()[2:])
    dealer.send_multipart([b"any id", b"", b"stream", b""])
    tell("one", dealer.recv_multipart())
    dealer.send_multipart([b"h", b"", b"headers", b"", b'{"tenant":"a"}'])
    tell("headers", dealer.recv_multipart()[2:4])
    dealer.send_multipart([b"b", b"", b"echo", b"\0\xff", b'{":type":"application/octet-stream"}'])
    tell("bytes", dealer.recv_multipart()[2:4])
    dealer.send_multipart([b"u", b"", b"unknown", b"1"])
    tell("unknown", dealer.recv_multipart()[2:3])
    dealer.send_multipart([b"d", b"", b"echo", b"1", b'{":deadline-ms":"0"}'])
    tell("late", dealer.recv_multipart()[2:3])
    dealer.send_multipart([b"n", b"", b"never", b""])
    dealer.send_multipart([b"n", b"", b"", b"cancel"])
    dealer.send_multipart([b"p", b"", b"", b"ping"])
    tell("ping", dealer.recv_multipart()[0:3])


def publish(endpoint):
    publisher = open_socket(zmq.XPUB, endpoint)
    while publisher.recv() != b"\1\0ready":
        pass
    publisher.send_multipart([b"tick", b'{"by":1}'])
    publisher.send_multipart([b"tick", b'{"by":2}', b'{"tenant":"a"}'])


def subscribe(endpoint):
    subscriber = open_socket(zmq.SUB, endpoint)
    subscriber.subscribe(b"tick")
    tell("event", subscriber.recv_multipart()[0:2])


def push(endpoint):
    pusher = open_socket(zmq.PUSH, endpoint)
    for job in (1, 2, 3):
        pusher.send_multipart([b"resize", b'{"job":%d}' % job])


def pull(endpoint):
    puller = open_socket(zmq.PULL, endpoint)
    for _ in range(3):
        tell("task", puller.recv_multipart()[0:2])


def work(endpoint):
    worker = open_socket(zmq.DEALER, endpoint)
    handed_back = False
    while True:
        frames = worker.recv_multipart()
        if frames[0] == b"":
            verb = frames[2]
            print(verb.decode(), flush=True)
            if verb == b"hello":
                worker.send_multipart([b"", b"", b"credit 3"])
            if verb == b"drained":
                return
            continue
        delivery, _, name, payload, *rest = frames
        again = b'":attempt":"2"' in b"".join(rest)
        answers = []
        if name == b"double":
            answers = [[b"\1", b"%d" % (2 * json.loads(payload))]]
        elif name == b"nothing":
            answers = [[b"\2", b""]]
        elif name == b"fail":
            answers = [[b"\3", b'{"name":"Error","message":"no","code":"NO"}']]
        elif name == b"again":
            answers = [[b"\1", b'"the second time"'] if again else [b"\4", b'{"message":"not yet"}', b'{":delay-ms":"1"}']]
        elif name == b"back":
            answers = [[b"\1", b'"marked"' if again else b'"not marked"'] if handed_back else [b"\5", b""]]
            handed_back = True
        elif name == b"slow":
            answers = [[b"\0", b""], [b"\1", b'"in the end"']]
        elif name == b"die":
            if not again:
                os.kill(os.getpid(), signal.SIGKILL)
            answers = [[b"\1", b'"survived"']]
        elif name == b"":
            answers = [[b"\3", b'{"name":"Error","message":"cancelled"}']]
        elif name == b"stop":
            worker.send_multipart([b"", b"", b"credit 0"])
            answers = [[b"\2", b""]]
        elif name != b"endless":
            raise LookupError(name)
        for answer in answers:
            worker.send_multipart([delivery, b"", *answer])


def serve():
    server = open_socket(zmq.REP)
    server.bind("tcp://127.0.0.1:*")
    print(server.last_endpoint.decode(), flush=True)
    for answer in (
        [b"\1", b"42"],
        [b"\2", b""],
        [b"\3", b'{"name":"Error","message":"no","code":"NO"}'],
    ):
        tell("call", server.recv_multipart()[0:2])
        server.send_multipart(answer)


what, *where = sys.argv[1:]
{"call": call, "publish": publish, "subscribe": subscribe, "push": push, "pull": pull, "work": work, "serve": serve}[what](*where)
context.destroy(linger=10_000)
