// Counts the updates until the end.
import { Subscriber } from '@nest-zmq/core';

const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
subscriber.connect('tcp://127.0.0.1:5561');
subscriber.subscribe();

let updates = 0;
for await (const [update] of subscriber) {
  if (String(update) === 'end') break;
  updates++;
}
console.log(`received ${updates} updates`);
subscriber.close();
