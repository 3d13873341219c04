// Answers every greeting, one at a time. Any number of clients may ask.
import { Reply } from '@nest-zmq/core';

const server = new Reply();
await server.bind('tcp://127.0.0.1:5555');
console.log('waiting for greetings');

for await (const [greeting] of server) {
  console.log(`received ${String(greeting)}`);
  await server.send('World');
}
