// Does tasks as they come, and tells the sink of each. Start as many as you like.
import { Pull, Push } from '@nest-zmq/core';
import { setTimeout } from 'node:timers/promises';

const tasks = new Pull({ receiveHighWaterMark: 1 });
tasks.connect('tcp://127.0.0.1:5557');
const sink = new Push();
sink.connect('tcp://127.0.0.1:5558');

for await (const [milliseconds] of tasks) {
  await setTimeout(Number(milliseconds)); // hard work
  await sink.send('done');
}
