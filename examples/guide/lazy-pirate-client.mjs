// Does not wait for ever: asks again when no answer comes, and gives up after three tries.
import { Request, ZmqError } from '@nest-zmq/core';

function connect() {
  const client = new Request({ receiveTimeout: 1000, linger: 0 });
  client.connect('tcp://127.0.0.1:5563');
  return client;
}

let client = connect();

/** @param {string} request */
async function ask(request) {
  for (let tries = 1; tries <= 3; tries++) {
    await client.send(request);
    try {
      const [answer] = await client.receive();
      return String(answer);
    } catch (error) {
      if (!(error instanceof ZmqError && error.code === 'EAGAIN')) throw error;
      // A REQ that waits for an answer cannot ask again, so it makes room for a new one.
      // (Or give it the options `relaxed` and `correlate`: then it can.)
      console.log(`no answer to ${request}`);
      client.close();
      client = connect();
    }
  }
  return undefined;
}

for (let i = 1; ; i++) {
  const answer = await ask(String(i));
  if (answer === undefined) break;
  console.log(`answered: ${answer}`);
}
console.log('the server seems to be gone');
client.close();
