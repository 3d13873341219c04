import { Poller, Pull, Push } from '@nest-zmq/core';

const tasks = new Pull();
await tasks.bind('tcp://127.0.0.1:5557');

const push = new Push();
push.connect('tcp://127.0.0.1:5557');
await push.send('wake up');
await push.send('make coffee');

const poller = new Poller();
poller.add(tasks);
poller.add(process.stdin);

let done = 0;
for await (const ready of poller) {
  for (const { item } of ready) {
    if (item === tasks) {
      console.log(`task: ${String(tasks.tryReceive())}`);
      if (++done === 2) poller.remove(tasks);
    } else {
      const typed = process.stdin.read() as Buffer | null;
      if (typed === null) poller.remove(process.stdin);
      else console.log(`typed: ${String(typed).trim()}`);
    }
  }
}

push.close();
tasks.close();
