/** The examples of zeromq.js' README, in one process and with an end. */
import * as zmq from 'zeromq';
import { Publisher, Subscriber } from 'zeromq';

async function pushPull(): Promise<void> {
  const producer = new zmq.Push();
  await producer.bind('tcp://127.0.0.1:*');
  const worker = new zmq.Pull();
  worker.connect(producer.lastEndpoint as string);

  for (let i = 0; i < 3; i++) await producer.send(`some work ${i}`);
  let count = 0;
  for await (const [msg] of worker) {
    console.log('work: %s', msg!.toString());
    if (++count === 3) break;
  }
  producer.close();
  worker.close();
}

async function publishSubscribe(): Promise<void> {
  const publisher = new Publisher();
  await publisher.bind('tcp://127.0.0.1:*');
  const subscriber = new Subscriber();
  subscriber.connect(publisher.lastEndpoint as string);
  subscriber.subscribe('kitty cats');

  let received = false;
  const sending = (async () => {
    while (!received) {
      await publisher.send(['kitty cats', 'meow!']);
      await publisher.send(['dogs', 'woof!']);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  for await (const [topic, msg] of subscriber) {
    console.log('received a message related to:', topic!.toString(), 'containing message:', msg!.toString());
    break;
  }
  received = true;
  await sending;
  publisher.close();
  subscriber.close();
}

async function requestReply(): Promise<void> {
  const server = new zmq.Reply();
  await server.bind('tcp://127.0.0.1:*');
  const serving = (async () => {
    for await (const [msg] of server) {
      await server.send((2 * Number.parseInt(msg!.toString(), 10)).toString());
    }
  })();

  const client = new zmq.Request();
  client.connect(server.lastEndpoint as string);
  await client.send('4');
  const [result] = await client.receive();
  console.log(result!.toString());
  client.close();
  server.close();
  await serving;
}

await pushPull();
await publishSubscribe();
await requestReply();
