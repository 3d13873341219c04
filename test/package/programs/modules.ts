/** ES modules that import the further entries of npm zeromq, which are files there. */
import * as draft from 'zeromq/draft.js';
import { Client, Server } from 'zeromq/draft.js';
import zmq, { socket } from 'zeromq/v5-compat.js';

const [server, client] = [new Server({ linger: 0 }), new Client({ linger: 0 })];
await server.bind('inproc://modules');
client.connect('inproc://modules');
await client.send('hello');
console.log((await server.receive())[0].toString(), server instanceof draft.Server);
server.close();
client.close();

const [push, pull] = [socket('push'), zmq.socket('pull')];
pull.on('message', (message: Buffer) => {
  console.log(message.toString(), zmq.ZMQ_SNDMORE);
  push.close();
  pull.close();
});
pull.bindSync('inproc://modules-v5');
push.connect('inproc://modules-v5').send('and hello');
