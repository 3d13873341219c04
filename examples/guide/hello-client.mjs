// Greets ten times. May be started before the server: the first request waits for it.
import { Request } from '@nest-zmq/core';

const client = new Request();
client.connect('tcp://127.0.0.1:5555');

for (let i = 1; i <= 10; i++) {
  await client.send('Hello');
  const [answer] = await client.receive();
  console.log(`${i}: Hello, ${String(answer)}`);
}
client.close();
