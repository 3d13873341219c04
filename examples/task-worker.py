"""A worker, in Python, for a pool with ack: 'explicit'. Usage: task-worker.py tcp://127.0.0.1:5558"""
import json
import sys
import zmq

CREDIT = b"credit 2"  # so many unanswered tasks at a time
DONE, FAILED, AGAIN = b"\x01", b"\x03", b"\x04"


def resize(job):
    if job["width"] <= 0:
        raise ValueError("the width must be more than 0")
    return {"file": job["file"], "width": job["width"], "by": "python"}


worker = zmq.Context().socket(zmq.DEALER)
worker.connect(sys.argv[1])
while True:
    frames = worker.recv_multipart()
    if frames[0] == b"":  # a control message: the pool asks each new connection for its credit
        if frames[2] == b"hello":
            worker.send_multipart([b"", b"", CREDIT])
        continue
    delivery, _, name, payload = frames[:4]
    if name == b"":  # 'cancel': too late, for this worker does one task after the other
        continue
    try:
        if name != b"resize":
            raise LookupError("no such task")
        answer = [DONE, json.dumps(resize(json.loads(payload))).encode()]
    except OSError as error:  # may go away: once more, in a second
        answer = [AGAIN, json.dumps({"message": str(error)}).encode(), b'{":delay-ms":"1000"}']
    except Exception as error:
        answer = [FAILED, json.dumps({"name": type(error).__name__, "message": str(error)}).encode()]
    worker.send_multipart([delivery, b"", *answer])
