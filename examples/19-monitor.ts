import { monitorEvents, Pair, Pull, Push } from '@nest-zmq/core';

const push = new Push({ linger: 0 });
const { events } = push; // from here on

// the same in libzmq's frames, for programs that read those
push.monitor('inproc://events', monitorEvents.CONNECTED + monitorEvents.HANDSHAKE_SUCCEEDED);
const monitor = new Pair();
monitor.connect('inproc://events');

const pull = new Pull();
await pull.bind('tcp://127.0.0.1:5557');
push.connect('tcp://127.0.0.1:5557');

for await (const event of events) {
  console.log(event.type);
  if (event.type === 'handshake') break;
}
for (let i = 0; i < 2; i++) {
  const [numbers, endpoint] = await monitor.receive();
  console.log(`0x${numbers!.readUInt16LE().toString(16)} ${String(endpoint)}`); // in the byte order of the machine
}

for (const socket of [push, pull, monitor]) socket.close();
