/** What the reader of a scenario's figures should know, beyond its title. No figures here. */
export const remarks = {
  'push-pull':
    'Raw `node:net` moves as many bytes, without messages: no frames, no counting. It is what is left when a library costs nothing. In a mixed pair `a→b`, a sends.',
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
  'nest-deadlines':
    'Every call settles, though its server says nothing: it is stopped by a signal, its connection stays open. The deadlines lie within one second.',
  subscriptions:
    'Every message matches one topic. The cost should follow the length of the topic, not the number of topics.',
  'peers-cpu':
    'A thousand sockets cost the kernel and Node more than one, whoever uses them. Raw `node:net` shows how much.',
};
