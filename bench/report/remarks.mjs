/** What the reader of a scenario's figures should know, beyond its title. No figures here. */
export const remarks = {
  'push-pull':
    'Raw `node:net` moves as many bytes in blocks of 256 KiB, without messages: no frames, no counting. For small messages it is what is left when a library costs nothing. For large ones it is a plain program beside others, and no limit. In a mixed pair `a→b`, a sends.',
  'push-pull-pinned':
    'The sender has one core, the receiver the other. The threads of libzmq’s sender share theirs, as those of its receiver do.',
  'pub-sub':
    'Nothing is dropped: messages are counted where they are received, and all of them arrive. A sender without marks is never told to wait, so those in JavaScript give the event loop a turn after every 128 KiB (at least 1,000 messages).',
  inproc: 'libzmq has a thread for each end. Both of ours run in one.',
  curve:
    'libzmq encrypts in its I/O thread, beside the thread that sends; ours does both in one. The receiver’s work is about the same.',
  'round-trip': 'One request is under way at any time: this is latency, not rate.',
  'nest-latency':
    'The slowest hundredth takes at least so long. With many calls in flight it is mostly the wait for those before.',
  'nest-brokers':
    'Some do many times as much as others in a time, so all make the same number of calls, which the slowest do in some seconds. For `nest-zmq` that is too short to be compiled as far as it goes: nest-calls has what it does then.',
  'nest-events':
    'An emit is finished when Nest’s client says so: for ours, TCP and NATS when it is handed over, for MQTT when it is written, for Redis and RabbitMQ when the broker has answered. So with one at a time these two are measured by the round trip to their broker.',
  'nest-tasks':
    'A push is finished for ours when a worker’s queue has taken it, with acknowledgement (`nest-zmq-acked`) when the pool has; for brokers as in nest-events. What a killed worker had is lost but for `nest-zmq-acked`; RabbitMQ could be told to acknowledge as well, and is not here.',
  'nest-deadlines':
    'Every call settles, though its server says nothing: it is stopped by a signal, its connection stays open. The deadlines lie within one second.',
  'fan-out':
    'Without marks nothing tells the sender to wait, so in JavaScript it gives the event loop a turn after every 1,000 messages.',
  subscriptions:
    'Every message matches one topic. A search through all topics would cost a hundred thousand times as much as through one. What is left is most likely memory: the tables of both ends, and the sender’s list of topics, no longer fit into the processor’s cache, for libzmq as for ours.',
  'idle-cpu':
    'It is looked at once they have been idle for some time: V8 collects once when a process has done little for a while, whoever is connected. What is wanted is a thousandth of one core.',
  'connect-rate': 'Each connection is a socket of its own, which is made, connected, greeted and closed.',
  'peers-cpu':
    'A thousand sockets cost the kernel and Node more than one, whoever uses them. Raw `node:net` shows how much.',
};
