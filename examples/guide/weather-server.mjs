// Publishes the weather of a hundred places, whether anybody listens or not.
import { Publisher } from '@nest-zmq/core';
import { setInterval } from 'node:timers/promises';

const publisher = new Publisher();
await publisher.bind('tcp://127.0.0.1:5556');
console.log('publishing the weather of 10000 to 10099');

for await (const _ of setInterval(10)) {
  for (let place = 10000; place < 10100; place++) {
    const temperature = Math.round(Math.random() * 40 - 10);
    // the first part is the topic: what its subscribers ask for is a prefix of it
    await publisher.send([String(place), String(temperature)]);
  }
}
