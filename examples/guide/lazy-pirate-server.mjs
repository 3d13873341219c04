// A server as bad as they come: slow at its third request, dead at its sixth.
import { Reply } from '@nest-zmq/core';
import { setTimeout } from 'node:timers/promises';

const server = new Reply();
await server.bind('tcp://127.0.0.1:5563');

console.log('waiting for requests');

let requests = 0;
for await (const [request] of server) {
  requests++;
  if (requests === 3) {
    console.log('too much to do');
    await setTimeout(1500);
  }
  if (requests === 6) {
    console.log('crashed');
    process.exit(1);
  }
  await server.send(request ?? '');
}
