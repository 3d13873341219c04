import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeZ85 } from '../foundation/z85.js';
import { saveCertificate } from '../keys/certificate-file.js';
import type { AuthenticationRequest, Verdict } from '../mechanism/authenticator.js';
import { ManualClock } from '../testing/manual-clock.js';
import { turn } from '../testing/turn.js';
import { defaultTransports } from '../transports/default-transports.js';
import { ZapClient } from '../zap/zap-client.js';
import { Authenticator, type AuthenticatorEvent } from './authenticator.js';
import { createContext } from './context.js';
import { curveKeyPair, curvePublicKey } from './curve-keys.js';
import { Reply, Router } from './sockets.js';

const ENDPOINT = 'inproc://zeromq.zap.01';

const transports = defaultTransports();
const clock = new ManualClock();
const context = createContext({ transports, clock });
const client = new ZapClient(transports);

let authenticator: Authenticator;
let events: AuthenticatorEvent[];
beforeEach(() => {
  authenticator = new Authenticator({ context, callbackTimeout: 1000 });
  events = [];
  for (const type of ['allowed', 'denied', 'reload', 'reload:error'] as const)
    authenticator.on(type, (event) => events.push(event));
});
afterEach(() => authenticator.close());
afterAll(() => context.terminate());

interface Asked {
  readonly domain?: string;
  readonly address?: string;
  readonly mechanism?: AuthenticationRequest['mechanism'];
  readonly credentials?: readonly Buffer[];
}

function ask(asked: Asked = {}): Promise<Verdict> {
  const defaults = { domain: 'test', address: '10.1.2.3', mechanism: 'NULL', credentials: [] } as const;
  return new Promise((give) => {
    client.ask({ ...defaults, routingId: Buffer.from('server'), ...asked }, give);
  });
}

const plain = (username: string, password: string): Asked => ({
  mechanism: 'PLAIN',
  credentials: [Buffer.from(username), Buffer.from(password)],
});
const curve = (publicKey: string): Asked => ({ mechanism: 'CURVE', credentials: [decodeZ85(publicKey)] });

describe('an Authenticator', () => {
  it('is the ZAP handler of its context from new to close, and the only one', async () => {
    expect(client.present).toBe(true);
    expect(() => new Authenticator({ context })).toThrow(
      expect.objectContaining({
        code: 'EADDRINUSE',
        address: ENDPOINT,
        message: expect.stringContaining('the context has a ZAP handler already'),
      }),
    );
    const other = createContext({});
    new Authenticator({ context: other }).close();
    await other.terminate();
    authenticator.close();
    authenticator.close();
    expect([authenticator.closed, client.present, context.sockets]).toEqual([true, false, 0]);
    authenticator = new Authenticator({ context });
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it('finds the place of another handler taken', async () => {
    authenticator.close();
    const handler = new Reply({ context });
    await handler.bind(ENDPOINT);
    expect(() => new Authenticator({ context })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    handler.close();
    expect(context.sockets).toBe(0);
    authenticator = new Authenticator({ context });
    const second = new Router({ context });
    await expect(second.bind(ENDPOINT)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    second.close();
  });

  it('decides by address, password and key, and tells of it without what is secret', async () => {
    const { publicKey } = curveKeyPair();
    const stranger = curveKeyPair().publicKey;
    authenticator.deny('10.6.6.6').configurePlain('*', { joe: 'sesame' }).configureCurve('*', [publicKey]);
    expect(await ask()).toEqual({ status: 200, userId: '', properties: new Map() });
    expect(await ask(plain('joe', 'sesame'))).toMatchObject({ status: 200, userId: 'joe' });
    expect(await ask(plain('joe', 'sesame2'))).toEqual({ status: 400, text: 'wrong user name or password' });
    expect(await ask(curve(publicKey))).toMatchObject({ status: 200, userId: publicKey });
    expect(await ask(curve(stranger))).toEqual({ status: 400, text: 'unknown key' });
    expect(await ask({ address: '10.6.6.6' })).toEqual({ status: 400, text: 'the address is denied' });
    const [domain, address] = ['test', '10.1.2.3'];
    expect(events).toEqual([
      { type: 'allowed', domain, address, mechanism: 'NULL', userId: '' },
      { type: 'allowed', domain, address, mechanism: 'PLAIN', userId: 'joe' },
      { type: 'denied', domain, address, mechanism: 'PLAIN', userId: 'joe', status: 400, reason: 'wrong user name or password' },
      { type: 'allowed', domain, address, mechanism: 'CURVE', userId: publicKey },
      { type: 'denied', domain, address, mechanism: 'CURVE', userId: stranger, status: 400, reason: 'unknown key' },
      { type: 'denied', domain, address: '10.6.6.6', mechanism: 'NULL', userId: '', status: 400, reason: 'the address is denied' },
    ]); // prettier-ignore
    expect(JSON.stringify(events)).not.toContain('sesame');
  });

  it('answers many at the same time, the quick before the slow', async () => {
    const answers = new Map<string, (value: boolean) => void>();
    authenticator.configureCallback('*', ({ username }) => {
      if (username === 'quick') return true;
      return new Promise((resolve) => answers.set(username, resolve));
    });
    const names = Array.from({ length: 50 }, (_, i) => `slow ${i}`);
    const slow = names.map((name) => ask(plain(name, '')));
    expect(await ask(plain('quick', ''))).toMatchObject({ status: 200, userId: 'quick' });
    expect(answers.size).toBe(50);
    for (const [i, name] of names.entries()) answers.get(name)!(i % 2 === 0);
    const verdicts = await Promise.all(slow);
    expect(verdicts.map(({ status }) => status)).toEqual(names.map((_, i) => (i % 2 === 0 ? 200 : 400)));
    expect(verdicts[4]).toMatchObject({ userId: 'slow 4' });
  });

  it('tells callbacks all there is, and gives on what they say', async () => {
    const { publicKey } = curveKeyPair();
    let seen: unknown;
    authenticator.configureCurve('test', (request) => {
      seen = Object.fromEntries(Object.entries(request));
      return { userId: 'alice', properties: { role: 'admin' } };
    });
    expect(await ask(curve(publicKey))).toEqual({
      status: 200,
      userId: 'alice',
      properties: new Map([['role', Buffer.from('admin')]]),
    });
    expect(seen).toEqual({
      domain: 'test',
      address: '10.1.2.3',
      routingId: 'server',
      mechanism: 'CURVE',
      username: '',
      publicKey,
    });
    expect(events).toMatchObject([{ type: 'allowed', userId: 'alice' }]);
  });

  it('admits nobody when a callback fails, and tells the operator why', async () => {
    const error = new Error('the directory is down');
    authenticator.configurePlain('*', () => Promise.reject(error));
    expect(await ask(plain('joe', 'sesame'))).toEqual({ status: 500, text: 'the callback failed' });
    expect(events).toEqual([
      expect.objectContaining({ type: 'denied', status: 500, reason: 'the callback failed', error }),
    ]);
  });

  it('sends away for now whom a callback keeps waiting', async () => {
    let asked: () => void = () => {};
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    authenticator.configurePlain('*', () => {
      asked();
      return new Promise(() => {});
    });
    const verdict = ask(plain('joe', 'sesame'));
    await waiting;
    clock.advance(1000);
    expect(await verdict).toEqual({ status: 300, text: 'the callback did not answer in time' });
    expect(clock.pending).toBe(0);
  });

  it('sends away for now who would have it wait for more callbacks than it may, and says so', async () => {
    authenticator.close();
    authenticator = new Authenticator({ context, maxCallbacks: 1 });
    authenticator.on('denied', (event) => events.push(event));
    let asked = 0;
    const waiting = new Promise<void>((resolve) => {
      authenticator.configurePlain('*', () => {
        asked++;
        resolve();
        return new Promise(() => {});
      });
    });
    const joe = { domain: 'test', address: '10.1.2.3', routingId: Buffer.from('server'), mechanism: 'PLAIN' } as const;
    const hangUp = client.ask({ ...joe, credentials: [Buffer.from('joe'), Buffer.from('')] }, () => {});
    await waiting;
    // His callback does not know.
    hangUp();
    const text = '1 calls of the callback are under way (maxCallbacks)';
    expect(await ask(plain('eve', ''))).toEqual({ status: 300, text });
    expect(asked).toBe(1);
    expect(events).toMatchObject([{ type: 'denied', status: 300, reason: text, userId: 'eve' }]);
  });

  it('lets go of those who wait when it is closed', async () => {
    let asked: () => void = () => {};
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    let answer: (value: boolean) => void = () => {};
    authenticator.configurePlain('*', () => {
      asked();
      return new Promise((resolve) => (answer = resolve));
    });
    const verdict = ask(plain('joe', 'sesame'));
    await waiting;
    authenticator.close();
    expect(await verdict).toMatchObject({ status: 'failed', error: { code: 'ERR_ZAP_UNSPECIFIED' } });
    answer(true);
    await turn();
    expect([events, clock.pending]).toEqual([[], 0]);
  });

  it('survives a listener that closes it', async () => {
    authenticator.on('denied', () => authenticator.close());
    expect(await ask(plain('joe', 'x'))).toMatchObject({ status: 400 });
    expect(authenticator.closed).toBe(true);
  });

  it('ends with its context', async () => {
    const live = createContext({});
    const ending = new Authenticator({ context: live });
    const folder = mkdtempSync(join(tmpdir(), 'zap-'));
    ending.configureCurve('*', { folder, watch: true });
    await live.terminate();
    rmSync(folder, { recursive: true });
    expect(ending.closed).toBe(true);
  });

  it('refuses mechanisms that it does not know', async () => {
    expect(await ask({ mechanism: 'GSSAPI' as 'NULL' })).toEqual({
      status: 400,
      text: 'unknown mechanism, or not its credentials',
    });
    expect(await ask({ mechanism: 'CURVE', credentials: [Buffer.alloc(31)] })).toMatchObject({ status: 400 });
    expect(events).toMatchObject([{ mechanism: 'GSSAPI', userId: '' }, { mechanism: 'CURVE', userId: '' }]); // prettier-ignore
  });

  it('changes while it runs', async () => {
    const joe = plain('joe', 'sesame');
    const statuses: unknown[] = [];
    const next = async (): Promise<void> => void statuses.push((await ask(joe)).status);
    await next();
    authenticator.configurePlain('*', { joe: 'sesame' });
    await next();
    authenticator.configureCallback('test', () => false);
    await next();
    authenticator.configureCallback('test', undefined);
    await next();
    authenticator.allow('192.168.0.0/16');
    await next();
    authenticator.clearAddresses();
    await next();
    authenticator.configurePlain('test', {});
    await next();
    expect(statuses).toEqual([400, 200, 400, 200, 400, 200, 400]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a domain',
      () => authenticator.configurePlain('', {}),
      /domain has 0 characters; it must have 1 to 255, or be "\*"/,
    ],
    ['a long domain', () => authenticator.configureCurve('x'.repeat(256), []), /domain has 256 characters/],
    ['no text', () => authenticator.configureCallback(5 as never, () => true), /domain must be a string/],
    ['a callback', () => authenticator.configureCallback('*', 'x' as never), /callback must be a function/],
    ['passwords', () => authenticator.configurePlain('*', 'x' as never), /passwords must be an object/],
    ['keys', () => authenticator.configureCurve('*', 5 as never), /keys must be a folder/],
    ['an address', () => authenticator.allow('localhost'), /"localhost" is no address/],
    ['a network', () => authenticator.deny('10.0.0.0/33'), /"10\.0\.0\.0\/33" is no address/],
    ['a time', () => new Authenticator({ context, callbackTimeout: -1 }), /callbackTimeout is -1/],
    ['no time', () => new Authenticator({ context, callbackTimeout: NaN }), /callbackTimeout is NaN/],
    [
      'text for a time',
      () => new Authenticator({ context, callbackTimeout: '5' as never }),
      /callbackTimeout must be a number/,
    ],
    ['a number', () => new Authenticator({ context, maxCallbacks: 0 }), /maxCallbacks is 0; it must be a whole number/],
    ['a whole one', () => new Authenticator({ context, maxCallbacks: 1.5 }), /maxCallbacks is 1\.5/],
    [
      'text for a number',
      () => new Authenticator({ context, maxCallbacks: '5' as never }),
      /maxCallbacks must be a number/,
    ],
    ['a context', () => new Authenticator({ context: {} as never }), /context must be a Context/],
  ])('refuses what is not %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

describe('an Authenticator with a folder of certificates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zap-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function add(name: string, metadata: Record<string, string> = {}): string {
    const pair = curveKeyPair();
    saveCertificate(join(folder, `${name}.key`), { ...pair, metadata });
    return pair.publicKey;
  }

  const admits = async (publicKey: string): Promise<boolean> => (await ask(curve(publicKey))).status === 200;

  it('admits those whose certificates are there, with their metadata', async () => {
    const alice = add('alice', { name: 'Alice', 'not/a/name': 'x' });
    authenticator.configureCurve('*', folder);
    expect(await ask(curve(alice))).toEqual({
      status: 200,
      userId: alice,
      properties: new Map([['name', Buffer.from('Alice')]]),
    });
    expect(await admits(curveKeyPair().publicKey)).toBe(false);
  });

  it('reads it again when it is told to', async () => {
    const alice = add('alice');
    authenticator.configureCurve('*', folder);
    const bob = add('bob');
    rmSync(join(folder, 'alice.key'));
    expect([await admits(alice), await admits(bob)]).toEqual([true, false]);
    await authenticator.reload();
    expect([await admits(alice), await admits(bob)]).toEqual([false, true]);
    expect(events.filter(({ type }) => type === 'reload')).toEqual([{ type: 'reload', domain: '*', folder, keys: 1 }]);
  });

  it('tells what it cannot read, and admits the others', async () => {
    const alice = add('alice');
    authenticator.configureCurve('*', folder).configureCurve('second', { folder });
    writeFileSync(join(folder, 'broken.key'), 'x');
    await expect(authenticator.reload()).rejects.toMatchObject({
      errors: [expect.any(Error), expect.objectContaining({ message: expect.stringContaining('broken.key') })],
    });
    expect(await admits(alice)).toBe(true);
    // The folders are read at the same time.
    const domains = events.filter(({ type }) => type === 'reload:error').map(({ domain }) => domain);
    expect(domains.sort()).toEqual(['*', 'second']);
    authenticator.configureCurve('second', []);
    await expect(authenticator.reload()).rejects.toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining('broken.key'),
    });
  });

  it('keeps its keys when new ones cannot be read', async () => {
    const alice = add('alice');
    authenticator.configureCurve('*', folder);
    expect(() => authenticator.configureCurve('*', join(folder, 'none'))).toThrow(/ENOENT/);
    expect(() => authenticator.configureCurve('*', { folder: join(folder, 'none'), watch: true })).toThrow(/ENOENT/);
    expect(await admits(alice)).toBe(true);
  });

  it('watches it', async () => {
    const live = createContext({});
    const watching = new Authenticator({ context: live });
    try {
      const reloads: (() => void)[] = [];
      let keys = 0;
      watching.on('reload', (event) => {
        ({ keys } = event);
        for (const tell of reloads.splice(0)) tell();
      });
      const untilKeys = async (count: number): Promise<void> => {
        while (keys !== count) await new Promise<void>((resolve) => reloads.push(resolve));
      };
      watching.configureCurve('*', { folder, watch: true });
      add('alice');
      await untilKeys(1);
      add('bob');
      await untilKeys(2);
      rmSync(join(folder, 'alice.key'));
      await untilKeys(1);
    } finally {
      watching.close();
      await live.terminate();
    }
  });

  it('stops to watch when it has other keys, or is closed', () => {
    authenticator.configureCurve('*', { folder, watch: true });
    authenticator.configureCurve('*', { folder, watch: true });
    authenticator.configureCurve('*', []);
    authenticator.configureCurve('second', { folder, watch: true });
    authenticator.close();
    expect(clock.pending).toBe(0);
  });
});

describe('curve keys', () => {
  it('come in pairs', () => {
    const { publicKey, secretKey } = curveKeyPair();
    expect(publicKey).toHaveLength(40);
    expect(curvePublicKey(secretKey)).toBe(publicKey);
    expect(curvePublicKey(decodeZ85(secretKey))).toBe(publicKey);
    expect(() => curvePublicKey('x')).toThrow(/secretKey has 1 characters/);
  });
});
