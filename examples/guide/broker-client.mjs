// Asks through the broker, one request after the other.
import { Request } from '@nest-zmq/core';

const client = new Request();
client.connect('tcp://127.0.0.1:5559');

for (let i = 1; i <= 10; i++) {
  await client.send(`task ${i}`);
  const [answer] = await client.receive();
  console.log(String(answer));
}
client.close();
