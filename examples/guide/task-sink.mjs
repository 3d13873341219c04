// Counts what the workers have done, and tells how long they took together.
import { Pull } from '@nest-zmq/core';

const results = new Pull();
await results.bind('tcp://127.0.0.1:5558');
await results.receive(); // the ventilator says that it starts

const start = performance.now();
for (let i = 0; i < 100; i++) await results.receive();
console.log(`100 tasks in ${Math.round(performance.now() - start)} ms`);
results.close();
