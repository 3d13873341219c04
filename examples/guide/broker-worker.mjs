// Answers what the broker passes on: node broker-worker.mjs [name]
import { Reply } from '@nest-zmq/core';

const name = process.argv[2] ?? 'worker';
const worker = new Reply();
worker.connect('tcp://127.0.0.1:5560');

for await (const [request] of worker) await worker.send(`${String(request)} done by ${name}`);
