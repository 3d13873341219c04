"""libzmq by its Python binding (Debian's python3-zmq), driven by JSON lines: see libzmq-peer.ts."""

import base64
import json
import os
import sys
import threading

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

EVENTS = {
    0x0001: "connect",
    0x0002: "connect:delay",
    0x0004: "connect:retry",
    0x0008: "bind",
    0x0010: "bind:error",
    0x0020: "accept",
    0x0040: "accept:error",
    0x0080: "close",
    0x0100: "close:error",
    0x0200: "disconnect",
    0x0400: "end",
    0x0800: "handshake:error:other",
    0x1000: "handshake",
    0x2000: "handshake:error:protocol",
    0x4000: "handshake:error:auth",
}
SUBSCRIBE, UNSUBSCRIBE, LAST_ENDPOINT = 6, 7, 32
LARGE = 4096
PATTERN = bytes(range(256))


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def pattern(size):
    return (PATTERN * (size // 256 + 1))[:size]


def decode(part):
    return pattern(part["large"]) if isinstance(part, dict) else base64.b64decode(part)


def encode(part):
    if len(part) < LARGE:
        return base64.b64encode(part).decode()
    return {"large" if part == pattern(len(part)) else "damaged": len(part)}


class Peer:
    def __init__(self):
        self.context = zmq.Context()
        self.sockets = {}
        self.sending = {}
        self.receiving = {}
        self.monitors = {}

    def perform(self, request):
        op, name = request["op"], request.get("socket")
        socket = self.sockets.get(name)
        if op == "ping":
            # libzmq's sockets go on with what came from their I/O thread only when somebody asks them something.
            for each in self.sockets.values():
                each.getsockopt(zmq.EVENTS)
            return {}
        if op == "authenticate" and request["nameless"]:
            admit_without_names(self.context, request["passwords"], request["keys"])
            return {}
        if op == "authenticate":
            self.authenticator = ThreadAuthenticator(self.context)
            self.authenticator.start()
            self.authenticator.configure_plain(domain="*", passwords=request["passwords"])
            self.authenticator.configure_curve_callback("*", Keys(request["keys"]))
            return {}
        if op == "authenticate-by-folder":
            self.authenticator = ThreadAuthenticator(self.context)
            self.authenticator.start()
            self.authenticator.configure_curve("*", request["folder"])
            return {}
        if op == "open":
            socket = zmq.Socket(self.context, request["type"])
            socket.linger = 0
            for option, value in request["options"].items():
                socket.setsockopt(int(option), value.encode() if isinstance(value, str) else value)
            self.sockets[name] = socket
            return {}
        if op == "monitor":
            socket.monitor("inproc://monitor-" + name, zmq.EVENT_ALL)
            self.monitors[name] = self.context.socket(zmq.PAIR)
            self.monitors[name].connect("inproc://monitor-" + name)
            return {}
        if op == "bind":
            socket.bind(request["endpoint"])
            return {"endpoint": socket.getsockopt(LAST_ENDPOINT).rstrip(b"\0").decode()}
        if op in ("connect", "disconnect", "unbind"):
            getattr(socket, op)(request["endpoint"])
            return {}
        if op in ("subscribe", "unsubscribe"):
            socket.setsockopt(SUBSCRIBE if op == "subscribe" else UNSUBSCRIBE, base64.b64decode(request["topic"]))
            return {}
        if op == "send":
            self.sending[name] = request
            return self.try_send(name)
        if op == "receive":
            self.receiving[name] = request
            return self.try_receive(name)
        if op == "close":
            self.sending.pop(name, None)
            self.receiving.pop(name, None)
            if name in self.monitors:
                socket.disable_monitor()
                self.monitors.pop(name).close()
            self.sockets.pop(name).close()
            return {}
        raise ValueError("unknown op " + op)

    def try_send(self, name):
        parts = [decode(part) for part in self.sending[name]["parts"]]
        try:
            self.sockets[name].send_multipart(parts, zmq.NOBLOCK)
        except zmq.Again:
            return None
        self.sending.pop(name)
        return {}

    def try_receive(self, name):
        try:
            frames = self.sockets[name].recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return None
        wanted = self.receiving.pop(name).get("properties", [])
        return {
            "parts": [encode(frame.bytes) for frame in frames],
            "properties": {key: property_of(frames[-1], key) for key in wanted},
        }

    def answer(self, request):
        try:
            result = self.perform(request)
        except Exception as error:
            say({"id": request["id"], "error": str(error), "errno": getattr(error, "errno", 0)})
            return
        if result is not None:
            say({"id": request["id"], "result": result})

    def progress(self):
        """Sends and receives that had to wait, and events. True when something happened."""
        moved = False
        for waiting, attempt in ((self.sending, self.try_send), (self.receiving, self.try_receive)):
            for name, request in list(waiting.items()):
                try:
                    result = attempt(name)
                except zmq.ZMQError as error:
                    waiting.pop(name, None)
                    say({"id": request["id"], "error": str(error), "errno": error.errno})
                    continue
                if result is not None:
                    moved = True
                    say({"id": request["id"], "result": result})
        for name, monitor in list(self.monitors.items()):
            while name in self.monitors and monitor.poll(0):
                moved = True
                event = parse_monitor_message(monitor.recv_multipart())
                say({
                    "socket": name,
                    "event": EVENTS.get(event["event"], "unknown"),
                    "address": event["endpoint"].decode(),
                    "value": event["value"],
                })
        return moved

    def run(self):
        unread = b""
        while True:
            while self.progress():
                pass
            poller = zmq.Poller()
            poller.register(sys.stdin.fileno(), zmq.POLLIN)
            for name in self.sending:
                poller.register(self.sockets[name], zmq.POLLOUT)
            for name in self.receiving:
                poller.register(self.sockets[name], zmq.POLLIN)
            for monitor in self.monitors.values():
                poller.register(monitor, zmq.POLLIN)
            if sys.stdin.fileno() not in dict(poller.poll()):
                continue
            chunk = os.read(sys.stdin.fileno(), 1 << 20)
            if not chunk:
                return
            *lines, unread = (unread + chunk).split(b"\n")
            for line in lines:
                self.answer(json.loads(line))


class Keys:
    """What pyzmq's authenticator asks for public keys."""

    def __init__(self, keys):
        self.keys = [key.encode() for key in keys]

    def callback(self, domain, key):
        return key in self.keys


def admit_without_names(context, passwords, keys):
    """A ZAP handler that says of nobody who it is, which pyzmq's authenticator always does."""
    handler = context.socket(zmq.REP)
    handler.bind("inproc://zeromq.zap.01")

    def run():
        while True:
            version, request, _, _, _, mechanism, *credentials = handler.recv_multipart()
            allowed = mechanism == b"NULL"
            if mechanism == b"PLAIN":
                name, password = [each.decode() for each in credentials]
                allowed = passwords.get(name) == password
            if mechanism == b"CURVE":
                allowed = z85.encode(credentials[0]).decode() in keys
            status, text = (b"200", b"OK") if allowed else (b"400", b"no")
            handler.send_multipart([version, request, status, text, b"", b""])

    threading.Thread(target=run, daemon=True).start()


def property_of(frame, key):
    try:
        return frame.get(key)
    except zmq.ZMQError:
        return None


say({"ready": "python3-zmq " + zmq.__version__ + ", libzmq " + zmq.zmq_version()})
Peer().run()
os._exit(0)
