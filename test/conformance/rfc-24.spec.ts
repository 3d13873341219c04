import { Dealer, type Reply, Router } from '@nest-zmq/core';
import { bytes, command, frame, greeting, GREETING_SIZE, message, property } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';
import { handleZap } from '../support/zap-handler.js';

/* 24/ZMTP-PLAIN (https://rfc.zeromq.org/spec/24/), at sockets, with a peer by hand. */

const open = closedAfterEach();
const HELLO = command('HELLO', bytes('03 "joe" 06 "secret"'));
const INITIATE = command('INITIATE', property('Socket-Type', 'DEALER'));
const WELCOME = command('WELCOME');

let handler: Reply;
beforeAll(async () => {
  handler = await handleZap(({ credentials }) => (String(credentials[1]) === 'secret' ? String(credentials[0]) : undefined));
}); // prettier-ignore
afterAll(() => handler.close());

/** A PLAIN server with a raw client at it, which has got the greeting. */
async function guarded() {
  const router = open(new Router({ linger: 0, plainServer: true }));
  const events = new EventLog(router);
  await router.bind('tcp://127.0.0.1:*');
  const raw = await RawPeer.connect(router.lastEndpoint!);
  raw.write(greeting(3, 1, 'PLAIN'));
  return { router, events, raw, greeting: await raw.read(GREETING_SIZE) };
}

/** A PLAIN client with a raw server at it, which has got the greeting and HELLO. */
async function guest() {
  const listener = await RawListener.listen();
  const dealer = open(new Dealer({ linger: 0, plainUsername: 'joe', plainPassword: 'secret' }));
  const events = new EventLog(dealer);
  dealer.connect(listener.endpoint);
  const raw = await listener.accept();
  raw.write(greeting(3, 1, 'PLAIN'));
  const own = await raw.read(GREETING_SIZE);
  return { dealer, events, raw, listener, greeting: own, hello: await raw.readFrame() };
}

it('24-PLAIN-1: as-server says who is which', async () => {
  const [server, client] = [await guarded(), await guest()];
  expect([server.greeting[32], client.greeting[32]]).toEqual([1, 0]);
  expect([server, client].map((side) => side.greeting.toString('latin1', 12, 18))).toEqual(['PLAIN\0', 'PLAIN\0']);
  server.raw.destroy();
  client.listener.close();
});

it('24-PLAIN-2 24-PLAIN-4 24-PLAIN-6: our client says HELLO, INITIATE, and then its messages', async () => {
  const { dealer, raw, hello, listener } = await guest();
  await dealer.send('Hello');
  expect(hello).toEqual(HELLO);
  raw.write(WELCOME);
  expect(await raw.readFrame()).toEqual(
    command('INITIATE', Buffer.concat([property('Socket-Type', 'DEALER'), property('Identity', '')])),
  );
  raw.write(command('READY', property('Socket-Type', 'ROUTER')));
  expect(await raw.readFrame()).toEqual(message('Hello'));
  raw.write(message('World'));
  expect(String(await dealer.receive())).toBe('World');
  listener.close();
});

it('24-PLAIN-3 24-PLAIN-5: our server says WELCOME and READY, and knows who it is', async () => {
  const { router, raw } = await guarded();
  raw.write(HELLO);
  expect(await raw.readFrame()).toEqual(WELCOME);
  raw.write(INITIATE);
  expect(await raw.readFrame()).toEqual(
    command('READY', Buffer.concat([property('Socket-Type', 'ROUTER'), property('Identity', '')])),
  );
  raw.write(message('Hello'));
  const received = await router.receive();
  expect(String(received[1])).toBe('Hello');
  expect(router.peerOf(received)!.properties).toMatchObject({ 'User-Id': 'joe' });
  raw.destroy();
});

it('24-PLAIN-3: … and ERROR to who is refused', async () => {
  const { events, raw } = await guarded();
  raw.write(command('HELLO', bytes('03 "joe" 05 "wrong"')));
  expect(await raw.readToEnd()).toEqual(command('ERROR', bytes('03 "400"')));
  await events.until('handshake:error:auth');
  expect(events.all.find(({ type }) => type === 'handshake:error:auth')).toMatchObject({ status: 400 });
});

it.each([
  ['as it should be', command('ERROR', bytes('03 "400"'))],
  ['as libzmq misprints it', frame(4, bytes('5E "RROR" 03 "400"'))],
])('our client understands ERROR %s, and does not try again', async (_, error) => {
  const { events, raw, listener } = await guest();
  raw.write(error);
  await events.until('disconnect');
  expect(events.all.find(({ type }) => type === 'handshake:error:auth')).toMatchObject({ status: 400 });
  expect(events.types).not.toContain('connect:retry');
  listener.close();
});

it.each([
  ['a name that is cut', command('HELLO', bytes('05 "joe"')), 'MALFORMED_COMMAND_HELLO'],
  ['no password', command('HELLO', bytes('03 "joe"')), 'MALFORMED_COMMAND_HELLO'],
  ['a byte behind the password', command('HELLO', bytes('03 "joe" 06 "secret" 00')), 'MALFORMED_COMMAND_HELLO'],
  ['INITIATE before HELLO', INITIATE, 'UNEXPECTED_COMMAND'],
  ['READY, as with NULL', command('READY', property('Socket-Type', 'DEALER')), 'UNEXPECTED_COMMAND'],
  ['data', message('Hello'), 'UNEXPECTED_COMMAND'],
])('our server refuses %s', async (_, sent, code) => {
  const { events, raw } = await guarded();
  raw.write(sent, message('never'));
  await raw.readToEnd();
  await events.until('handshake:error:protocol');
  expect(events.reasons).toMatchObject([{ code: `ERR_ZMTP_${code}` }]);
});

it('nobody is let in while there is nobody to ask', async () => {
  handler.close();
  const { events, raw } = await guarded();
  raw.write(HELLO);
  expect(await raw.readToEnd()).toHaveLength(0);
  await events.until('handshake:error:other');
  expect(events.reasons).toMatchObject([{ code: 'EFAULT' }]);
});
