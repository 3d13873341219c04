"""A pool of one worker in Python, on a ROUTER or, without any routing, on a DEALER.

It binds a free port and tells it as the first line. Then each line of its input is a message to the worker, a JSON list
of latin-1 texts, and each line of its output a message of the worker.
"""
import json
import sys
import threading
import zmq

kind = sys.argv[1]
socket = zmq.Context().socket(getattr(zmq, kind))
print(socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)

inside = zmq.Context.instance()
lines = inside.socket(zmq.PULL)
lines.bind("inproc://lines")


def read():
    out = inside.socket(zmq.PUSH)
    out.connect("inproc://lines")
    for line in sys.stdin:
        out.send(line.encode())
    out.send(b"")


threading.Thread(target=read, daemon=True).start()
poller = zmq.Poller()
poller.register(socket, zmq.POLLIN)
poller.register(lines, zmq.POLLIN)
route = []
while True:
    events = dict(poller.poll())
    if socket in events:
        frames = socket.recv_multipart()
        if kind == "ROUTER":
            route, frames = frames[:1], frames[1:]
        print(json.dumps([frame.decode("latin1") for frame in frames]), flush=True)
    if lines in events:
        line = lines.recv()
        if line == b"":
            sys.exit(0)
        socket.send_multipart(route + [part.encode("latin1") for part in json.loads(line)])
