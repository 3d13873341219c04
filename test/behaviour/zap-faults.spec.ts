import { Context, createContext, Dealer, Pull, Router } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { property } from '../support/raw-bytes.js';
import { nextTurn } from '../support/raw-peer.js';
import { untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';
import { mechanismNames, ZAP, zapReply, ZapScene } from '../support/zap.js';

/*
 * A ZAP handler that is missing, silent, dying, answers twice, or answers nonsense: only a
 * well-formed 200 admits, and a pair that has nothing to do with it does not notice.
 */

/** A pair without ZAP in the same context. */
class Bystander {
  readonly #router: Router;
  readonly #dealer: Dealer;
  #count = 0;

  private constructor(context: Context) {
    this.#router = new Router({ context, linger: 0 });
    this.#dealer = new Dealer({ context, linger: 0 });
  }

  static async start(context: Context): Promise<Bystander> {
    const pair = new Bystander(context);
    await pair.#router.bind('tcp://127.0.0.1:*');
    pair.#dealer.connect(pair.#router.lastEndpoint!);
    await pair.exchange();
    return pair;
  }

  async exchange(): Promise<void> {
    const text = String(++this.#count);
    await this.#dealer.send(text);
    const [id, body] = await this.#router.receive();
    expect(String(body)).toBe(text);
    await this.#router.send([id!, 'answer']);
    await this.#dealer.receive();
  }

  close(): void {
    this.#router.close();
    this.#dealer.close();
  }
}

describe.each(mechanismNames)('%s', (mechanism) => {
  let clock: ManualClock;
  let context: Context;
  let scene: ZapScene;
  let bystander: Bystander;

  beforeEach(async () => {
    clock = new ManualClock();
    context = createContext({ clock });
    scene = await ZapScene.set(mechanism, { context });
    bystander = await Bystander.start(context);
    scene.events.mark();
  });

  afterEach(async () => {
    // Whatever happened, nobody unasked has come in.
    expect(scene.server.tryReceive()).toBeUndefined();
    scene.close();
    bystander.close();
    await context.terminate();
    // Neither a handshake's limit nor a timer of ours is left.
    for (let turns = 0; clock.pending > 0 && turns < 1_000; turns++) await nextTurn();
    expect(clock.pending).toBe(0);
  });

  /** That the server still serves whom a good handler admits. */
  async function servesAgain(): Promise<void> {
    await scene.answering(...zapReply('200'));
    await scene.admitted(scene.client());
    await bystander.exchange();
  }

  if (mechanism === 'PLAIN') {
    it('without a handler admits nobody', async () => {
      const client = scene.client();
      await scene.events.until('disconnect');
      expect(scene.server.peers).toEqual([]);
      client.close();
      await bystander.exchange();
      await servesAgain();
    });
  } else {
    it('without a handler admits everybody', async () => {
      await scene.admitted(scene.client());
      await bystander.exchange();
    });
  }

  it('without a handler admits nobody where the domain is enforced', async () => {
    const enforcing = await ZapScene.set(mechanism, { context, zapEnforceDomain: true });
    scene.keep(enforcing);
    const client = enforcing.client();
    await enforcing.events.until('accept');
    await clientLost(client);
    expect(enforcing.server.peers).toEqual([]);
    client.close();
    await bystander.exchange();
  });

  it('a handler of a type that cannot answer admits nobody', async () => {
    const pull = scene.keep(new Pull({ context }));
    await pull.bind(ZAP);
    scene.client();
    await scene.events.until('handshake:error:protocol');
    expect(scene.events.fresh).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ code: 'ERR_ZAP_UNSPECIFIED' }) }),
    );
    expect(scene.server.peers).toEqual([]);
    await bystander.exchange();
    pull.close();
    await servesAgain();
  });

  it('a handler that never answers: the handshake ends at its limit', async () => {
    const handler = await scene.rep();
    const client = scene.client();
    await handler.receive();
    clock.advance(29_999);
    await bystander.exchange();
    expect(scene.events.types).not.toContain('handshake:error:other');
    clock.advance(1);
    await scene.events.until('handshake:error:other');
    expect(scene.server.peers).toEqual([]);
    // What it says now is said to nobody.
    await handler.send(zapReply('200'));
    await bystander.exchange();
    expect(scene.server.peers).toEqual([]);
    client.close();
    handler.close();
    await servesAgain();
  });

  it('a handler that takes its time keeps only those waiting who ask', async () => {
    const handler = await scene.router();
    const slow = scene.client();
    const [slowId] = await handler.receive();
    const quick = scene.client();
    const [quickId] = await handler.receive();
    await handler.send([quickId!, '', ...zapReply('200')]);
    await scene.admitted(quick);
    await bystander.exchange();
    await handler.send([slowId!, '', ...zapReply('200')]);
    await scene.admitted(slow);
  });

  it('a handler that dies with the question admits nobody, and the next one is asked anew', async () => {
    const handler = await scene.rep();
    const client = scene.client();
    const events = new EventLog(client);
    await handler.receive();
    handler.close();
    await scene.events.until('handshake:error:protocol');
    expect(scene.server.peers).toEqual([]);
    await bystander.exchange();
    const asked = await scene.answering(...zapReply('200'));
    // The peer comes again: it was not told that it is not welcome.
    const again = untilPeers(scene.server, 1);
    await events.until('connect:retry');
    clock.advance(1_000);
    await again;
    await scene.admitted(client);
    expect(asked).toHaveLength(1);
  });

  it('a peer that goes before the answer leaves nothing behind', async () => {
    const handler = await scene.router();
    const client = scene.client();
    const [id] = await handler.receive();
    client.close();
    await scene.events.until('handshake:error:other');
    await handler.send([id!, '', ...zapReply('200')]);
    expect([scene.server.peers, handler.peers]).toEqual([[], []]);
    await bystander.exchange();
  });

  it.each([
    ['200, 400', '200', '400', true],
    ['400, 200', '400', '200', false],
    ['300, 200', '300', '200', false],
  ])('a handler that answers twice: %s', async (_, first, second, admits) => {
    const handler = await scene.router();
    const client = scene.client({ reconnectInterval: 100_000 });
    const [id] = await handler.receive();
    const answers = [first, second].map((status) => handler.send([id!, '', ...zapReply(status)]));
    await Promise.all(answers);
    if (admits) {
      await scene.admitted(client);
    } else {
      await scene.events.until('handshake:error:auth');
      expect(scene.server.peers).toEqual([]);
    }
    await bystander.exchange();
  });

  it.each([
    ['of another version', ['1.1', '1', '200', '', 'root', ''], 'ERR_ZAP_BAD_VERSION'],
    ['of no version', ['', '1', '200', '', 'root', ''], 'ERR_ZAP_BAD_VERSION'],
    ['of another request', ['1.0', '2', '200', '', 'root', ''], 'ERR_ZAP_BAD_REQUEST_ID'],
    ['of status 2000', ['1.0', '1', '2000', '', 'root', ''], 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['of status 20', ['1.0', '1', '20', '', 'root', ''], 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['of status OK', ['1.0', '1', 'OK', '', 'root', ''], 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['of one frame', ['200'], 'ERR_ZAP_MALFORMED_REPLY'],
    ['of six frames', ['1.0', '1', '200', '', 'root'], 'ERR_ZAP_MALFORMED_REPLY'],
    ['of eight frames', ['1.0', '1', '200', '', 'root', '', ''], 'ERR_ZAP_MALFORMED_REPLY'],
    ['of a thousand frames', Array.from({ length: 1000 }, () => '200'), 'ERR_ZAP_MALFORMED_REPLY'],
    [
      'with cut metadata',
      ['1.0', '1', '200', '', 'root', property('A', 'b').subarray(0, -1)],
      'ERR_ZAP_INVALID_METADATA',
    ],
    [
      'with metadata longer than it is',
      ['1.0', '1', '200', '', 'root', Buffer.from('\x01A\xff\xff\xff\xffb', 'latin1')],
      'ERR_ZAP_INVALID_METADATA',
    ],
  ])('a reply %s admits nobody', async (_, reply, code) => {
    const handler = await scene.rep();
    handler.onMessage(() => void handler.trySend(reply));
    const client = scene.client();
    await scene.events.until('handshake:error:protocol');
    expect(scene.events.fresh).toContainEqual(
      expect.objectContaining({ type: 'handshake:error:protocol', error: expect.objectContaining({ code }) }),
    );
    expect(scene.server.peers).toEqual([]);
    client.close();
    await bystander.exchange();
    handler.close();
    await servesAgain();
  });

  it('many who ask at once are kept apart', async () => {
    const handler = await scene.router();
    const count = mechanism === 'CURVE' ? 50 : 200;
    const clients = Array.from({ length: count }, () => scene.client());
    const ids: Buffer[] = [];
    while (ids.length < count) ids.push((await handler.receive())[0]!);
    for (const [i, id] of ids.reverse().entries())
      await handler.send([id, '', ...zapReply(i % 2 === 0 ? '200' : '300', { userId: `user ${i}` })]);
    await untilPeers(scene.server, count / 2);
    expect(new Set(scene.server.peers.map(({ properties }) => properties['User-Id'])).size).toBe(count / 2);
    await bystander.exchange();
    for (const client of clients) client.close();
  });
});

/** The client's connection was ended in the handshake. */
async function clientLost(client: Dealer): Promise<void> {
  for await (const { type } of client.events) if (type.startsWith('handshake:error') || type === 'disconnect') return;
}
