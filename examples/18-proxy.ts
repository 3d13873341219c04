import { Dealer, Proxy, Reply, Request, Router } from '@nest-zmq/core';

const proxy = new Proxy(new Router(), new Dealer());
await proxy.frontEnd.bind('tcp://127.0.0.1:5557');
await proxy.backEnd.bind('tcp://127.0.0.1:5558');
const running = proxy.run();

const worker = new Reply();
worker.connect('tcp://127.0.0.1:5558');
const serving = (async () => {
  for await (const [word] of worker) await worker.send(String(word).toUpperCase());
})();

const client = new Request();
client.connect('tcp://127.0.0.1:5557');
for (const word of ['hello', 'world']) {
  await client.send(word);
  console.log(String(await client.receive()));
}
const { received, sent } = proxy.statistics().frontEnd;
console.log(`${received.frames} frames in, ${sent.frames} out`);

proxy.terminate();
await running; // both its sockets are closed
client.close();
worker.close();
await serving;
