/** A CommonJS module in TypeScript. */
import zmq = require('zeromq');

async function main(): Promise<void> {
  const [push, pull]: [zmq.Push, zmq.Pull] = [new zmq.Push(), new zmq.Pull()];
  pull.bindSync('inproc://commonjs');
  push.connect('inproc://commonjs');
  await push.send('by require');
  console.log(String(await pull.receive()));
  push.close();
  pull.close();
}

void main();
