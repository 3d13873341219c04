import { Reply, Request } from '@nest-zmq/core/zeromq'; // the only line that changes: it was 'zeromq'

const doubler = new Reply();
await doubler.bind('tcp://127.0.0.1:5573');

const asker = new Request({ sendTimeout: 1_000 });
asker.connect('tcp://127.0.0.1:5573');
await asker.send('21');

const [question] = await doubler.receive();
await doubler.send(String(2 * Number(question)));

for await (const [answer] of asker) {
  console.log(`21 doubled is ${String(answer)}`);
  break;
}

asker.close();
doubler.close();
