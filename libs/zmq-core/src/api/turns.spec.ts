import { Reply, Request } from './sockets.js';

/** A REP whose second request is queued while it still owes the first reply. */
async function twoRequests(name: string): Promise<{ reply: Reply; close: () => void }> {
  const [reply, first, second] = [new Reply(), new Request(), new Request()];
  await reply.bind(`inproc://${name}`);
  for (const [i, request] of [first, second].entries()) {
    request.connect(`inproc://${name}`);
    await request.send(String(i));
  }
  return { reply, close: () => [reply, first, second].forEach((socket) => socket.close()) };
}

describe('REP: what waits for its turn goes on when the turn comes', () => {
  it('a receive that was called before the reply was sent', async () => {
    const { reply, close } = await twoRequests('waiting receive');
    expect((await reply.receive()).map(String)).toEqual(['0']);
    const next = reply.receive();
    await reply.send('done');
    expect((await next).map(String)).toEqual(['1']);
    close();
  });

  it('a sink whose answers come later', async () => {
    const { reply, close } = await twoRequests('late answers');
    const requests: string[] = [];
    const second = new Promise<void>((resolve) => {
      reply.onMessage((message) => {
        requests.push(message.map(String).join());
        if (requests.length === 2) resolve();
        else queueMicrotask(() => reply.trySend('done'));
      });
    });
    await second;
    expect(requests).toEqual(['0', '1']);
    close();
  });
});
