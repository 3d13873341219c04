import { createContext } from './context.js';
import { Pull, Push } from './sockets.js';

/** A connected pair whose receiving end is not read. */
async function connected(endpoint: string) {
  const context = createContext({});
  const push = new Push({ context, immediate: true });
  await push.bind(endpoint);
  const pull = new Pull({ context, receiveHighWaterMark: 1 });
  const joined = new Promise<void>((resolve) => push.onPeer({ joined: () => resolve() }));
  pull.connect(push.lastEndpoint!);
  await joined;
  return { push, pull };
}

describe.each(['tcp://127.0.0.1:*', 'inproc://close'])('close() over %s', (endpoint) => {
  it('in the same turn as the sends still delivers them all', async () => {
    const { push, pull } = await connected(endpoint);
    for (let i = 0; i < 20; i++) expect(push.trySend(String(i))).toBe(true);
    const [peer] = push.peers;
    expect(peer!.pending).toBe(20);
    const ended = new Promise<void>((resolve) => push.events.on('end', () => resolve()));
    push.close();
    await ended;
    const received: string[] = [];
    while (received.length < 20) received.push(String((await pull.receive())[0]));
    expect(received).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    expect(peer!.pending).toBe(0);
    pull.close();
  });
});

it.each([
  ['close()', (push: Push) => push.close()],
  ['unbind()', (push: Push) => push.unbindSync(push.lastEndpoint!)],
])('%s without linger, right after a send, lets out what the connection takes at once', async (_name, end) => {
  const { push, pull } = await connected('tcp://127.0.0.1:*');
  push.linger = 0;
  await push.send('goodbye');
  end(push);
  expect(String(await pull.receive())).toBe('goodbye');
  pull.close();
  push.close();
});
