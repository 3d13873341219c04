// Hands out a hundred tasks in turn to all workers that are there: node task-ventilator.mjs [workers]
import { Push } from '@nest-zmq/core';

const wanted = Number(process.argv[2] ?? 1);
const tasks = new Push();
await tasks.bind('tcp://127.0.0.1:5557');

// the first worker to come would be given everything
console.log(`waiting for ${wanted} workers`);
while (tasks.peers.length < wanted) await tasks.events.receive();

const sink = new Push();
sink.connect('tcp://127.0.0.1:5558');
await sink.send('start');

let total = 0;
for (let i = 0; i < 100; i++) {
  const milliseconds = 1 + Math.floor(Math.random() * 10);
  total += milliseconds;
  await tasks.send(String(milliseconds));
}
console.log(`handed out ${total} ms of work`);

// what was sent is still delivered
tasks.close();
sink.close();
