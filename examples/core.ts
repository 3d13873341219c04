import { Pull, Push } from '@nest-zmq/core';

const pull = new Pull();
await pull.bind('tcp://127.0.0.1:5557');

const push = new Push();
push.connect('tcp://127.0.0.1:5557');
for (const job of ['wake up', 'make coffee', 'write code']) await push.send(['job', job]);

let jobs = 0;
for await (const [kind, job] of pull) {
  console.log(`${String(kind)}: ${String(job)}`);
  if (++jobs === 3) break;
}

push.close();
pull.close();
