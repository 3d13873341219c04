import { createKeyPair } from '../keys/key-pair.js';
import { decodeZ85 } from '../foundation/z85.js';
import { ManualClock } from '../testing/manual-clock.js';
import { turn } from '../testing/turn.js';
import type { Admission, AdmissionCallback, Outcome } from './admission.js';
import { Judge } from './judge.js';
import { type CurveKeys, readKeyRules } from './key-rules.js';
import { checkPasswords } from './password-rules.js';
import { ZapRequest } from './zap-request.js';

const { publicKey } = createKeyPair();

interface Asked {
  readonly mechanism?: string;
  readonly domain?: string;
  readonly address?: string;
  readonly credentials?: readonly (string | Buffer)[];
}

function request({
  mechanism = 'NULL',
  domain = 'test',
  address = '10.1.2.3',
  credentials = [],
}: Asked = {}): ZapRequest {
  return ZapRequest.read({
    envelope: [],
    requestId: Buffer.alloc(0),
    domain,
    address,
    routingId: Buffer.alloc(0),
    mechanism,
    credentials: credentials.map((each) => Buffer.from(each)),
  })!;
}

const plain = (username: string, password: string, domain = 'test') =>
  request({ mechanism: 'PLAIN', domain, credentials: [username, password] });
const curve = (key = publicKey, domain = 'test') =>
  request({ mechanism: 'CURVE', domain, credentials: [decodeZ85(key)] });

let clock: ManualClock;
let judge: Judge;
beforeEach(() => {
  clock = new ManualClock();
  judge = new Judge(clock, 5000, 1024);
});

/** The outcome, if it is given at once. */
function decide(asked: ZapRequest): Outcome | undefined {
  let given: Outcome | undefined;
  judge.judge(asked, (outcome) => (given = outcome));
  return given;
}

/** What was given until now. */
function ask(asked: ZapRequest): Outcome[] {
  const given: Outcome[] = [];
  judge.judge(asked, (outcome) => given.push(outcome));
  return given;
}

const admits = (userId: string) => expect.objectContaining({ status: 200, userId });
const refuses = (reason: string, status = 400) => expect.objectContaining({ status, reason });

describe('without rules', () => {
  it('admits NULL and nobody else', () => {
    expect(decide(request())).toEqual(admits(''));
    expect(decide(plain('joe', 'secret'))).toEqual(refuses('no passwords for the domain'));
    expect(decide(curve())).toEqual(refuses('no keys for the domain'));
  });
});

describe('addresses', () => {
  it('come before all else', () => {
    judge.addresses.deny(['10.1.2.3']);
    let asked = 0;
    judge.callbacks.set('*', () => ++asked > 0);
    judge.passwords.set('*', { joe: 'secret' });
    for (const each of [request(), plain('joe', 'secret'), curve()])
      expect(decide(each)).toEqual(refuses('the address is denied'));
    expect(asked).toBe(0);
  });

  it('that are allowed still need a password', () => {
    judge.addresses.allow(['10.0.0.0/8']);
    expect(decide(request())).toEqual(admits(''));
    expect(decide(plain('joe', 'secret'))).toEqual(refuses('no passwords for the domain'));
  });
});

describe('passwords', () => {
  const wrong = refuses('wrong user name or password');

  it.each([
    ['an object', { joe: 'secret', empty: '' }],
    ['a map', new Map([['joe', 'secret'], ['empty', '']])], // prettier-ignore
  ])('in %s', (_, passwords) => {
    judge.passwords.set('*', passwords);
    expect(decide(plain('joe', 'secret'))).toEqual(admits('joe'));
    expect(decide(plain('empty', ''))).toEqual(admits('empty'));
    for (const [name, password] of [
      ['joe', 'Secret'],
      ['joe', ''],
      ['Joe', 'secret'],
      ['', 'secret'],
      ['', ''],
      ['eve', 'nobody has this password'],
    ] as const)
      // prettier-ignore
      expect(decide(plain(name, password))).toEqual(wrong);
  });

  it('are not those of Object.prototype, nor of another kind', () => {
    judge.passwords.set('*', { number: 5, nothing: undefined, own: ['x'] } as never);
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'number', 'nothing', 'own'])
      for (const password of ['', '5', 'undefined', 'x', 'nobody has this password', String(Object), '[object Object]'])
        expect(decide(plain(name, password))).toEqual(wrong);
  });

  it('are looked at each time', () => {
    const passwords: Record<string, string> = {};
    judge.passwords.set('*', passwords);
    expect(decide(plain('joe', 'secret'))).toEqual(wrong);
    passwords['joe'] = 'secret';
    expect(decide(plain('joe', 'secret'))).toEqual(admits('joe'));
    delete passwords['joe'];
    expect(decide(plain('joe', 'secret'))).toEqual(wrong);
  });

  it.each([undefined, null, 'secret', 5, true])('are not %p', (passwords) => {
    expect(() => checkPasswords(passwords)).toThrow(new TypeError('passwords must be an object, a Map or a function'));
  });
});

describe('domains', () => {
  it('have their own rules, or those of all', () => {
    judge.passwords.set('*', { joe: 'common' });
    judge.passwords.set('private', { joe: 'special' });
    judge.keys.set('private', readKeyRules([publicKey]));
    expect(decide(plain('joe', 'common', 'any'))).toEqual(admits('joe'));
    expect(decide(plain('joe', 'common', ''))).toEqual(admits('joe'));
    expect(decide(plain('joe', 'special', 'private'))).toEqual(admits('joe'));
    // Not one after the other: what a domain does not admit is not admitted.
    expect(decide(plain('joe', 'common', 'private'))).toEqual(refuses('wrong user name or password'));
    expect(decide(curve(publicKey, 'private'))).toEqual(admits(publicKey));
    expect(decide(curve(publicKey, 'any'))).toEqual(refuses('no keys for the domain'));
  });
});

describe('keys', () => {
  const other = createKeyPair().publicKey;

  it.each<[string, CurveKeys]>([
    ['a set of texts', new Set([publicKey])],
    ['an array of buffers', [decodeZ85(publicKey)]],
    ['a generator', (function* () { yield other; yield publicKey; })()], // prettier-ignore
    ['any', '*'],
  ])('in %s', (_, keys) => {
    judge.keys.set('*', readKeyRules(keys));
    expect(decide(curve())).toEqual(admits(publicKey));
    expect(decide(curve())).toEqual(admits(publicKey));
    expect(decide(curve(createKeyPair().publicKey))?.status).toBe(keys === '*' ? 200 : 400);
  });

  it.each<[unknown, RegExp]>([
    [[publicKey, 'short'], /public key 2 has 5 characters/],
    [[Buffer.alloc(31)], /public key 1 has 31 bytes/],
    [[5], /public key 1 must be a string or buffer/],
    [5, /keys must be a folder/],
    [undefined, /keys must be a folder/],
    [null, /keys must be a folder/],
    [{}, /keys must be a folder/],
    [{ folder: 5 }, /keys must be a folder/],
    ['/there/is/no/such/folder', /ENOENT/],
  ])('are not %p', (keys, message) => {
    expect(() => readKeyRules(keys as CurveKeys)).toThrow(message);
  });
});

describe('callbacks', () => {
  const places: [string, (callback: AdmissionCallback) => void, () => ZapRequest, string][] = [
    ['of passwords', (callback) => judge.passwords.set('*', callback), () => plain('joe', 'secret'), 'joe'],
    ['of keys', (callback) => judge.keys.set('*', readKeyRules(callback)), () => curve(), publicKey],
    ['of a whole domain', (callback) => judge.callbacks.set('*', callback), () => plain('joe', 'secret'), 'joe'],
  ];

  describe.each(places)('%s', (_, set, asked, userId) => {
    it('admit and refuse, now or later', async () => {
      set(() => true);
      expect(decide(asked())).toEqual(admits(userId));
      set(() => ({ userId: 'somebody', properties: { role: 'admin' } }));
      expect(decide(asked())).toEqual({
        status: 200,
        userId: 'somebody',
        properties: [['role', Buffer.from('admin')]],
      });
      set(() => false);
      expect(decide(asked())).toEqual(refuses('the callback refused'));
      set(() => Promise.resolve(true));
      const later = ask(asked());
      expect(later).toEqual([]);
      await turn();
      expect(later).toEqual([admits(userId)]);
      set(() => Promise.resolve(false));
      const refused = ask(asked());
      await turn();
      expect(refused).toEqual([refuses('the callback refused')]);
      expect(clock.pending).toBe(0);
    });

    it('that fail admit nobody', async () => {
      const error = new Error('the database is away');
      const outcomes: (Outcome | undefined)[] = [];
      for (const callback of [
        () => {
          throw error;
        },
        () => Promise.reject(error),
        () => {
          throw 'no error';
        }, // eslint-disable-line no-throw-literal
        () => undefined as unknown as Admission,
        () => Promise.resolve('yes' as unknown as Admission),
        () => ({ userId: 'x'.repeat(256) }),
      ] as AdmissionCallback[]) {
        // prettier-ignore
        set(callback);
        const given = ask(asked());
        await turn();
        outcomes.push(...given);
      }
      expect(outcomes).toEqual([
        { status: 500, reason: 'the callback failed', error },
        { status: 500, reason: 'the callback failed', error },
        expect.objectContaining({ status: 500, error: new Error('no error') }),
        expect.objectContaining({ status: 500, reason: 'the callback gave no answer that can be read' }),
        expect.objectContaining({ status: 500, reason: 'the callback gave no answer that can be read' }),
        expect.objectContaining({ status: 500, reason: 'the callback gave no answer that can be read' }),
      ]);
      expect(clock.pending).toBe(0);
    });

    it('that do not answer in time refuse for now, whatever they say later', async () => {
      let answer: (value: Admission) => void = () => {};
      set(() => new Promise((resolve) => (answer = resolve)));
      const given = ask(asked());
      clock.advance(4999);
      expect(given).toEqual([]);
      clock.advance(1);
      expect(given).toEqual([refuses('the callback did not answer in time', 300)]);
      answer(true);
      await turn();
      expect(given).toHaveLength(1);
    });
  });

  it('of a whole domain are asked in place of the rest, also about NULL', () => {
    const seen: string[] = [];
    judge.passwords.set('*', { joe: 'secret' });
    judge.callbacks.set('test', ({ mechanism }) => {
      seen.push(mechanism);
      return false;
    });
    for (const asked of [request(), plain('joe', 'secret'), curve()]) expect(decide(asked)?.status).toBe(400);
    expect(seen).toEqual(['NULL', 'PLAIN', 'CURVE']);
    expect(decide(plain('joe', 'secret', 'other'))).toEqual(admits('joe'));
  });

  it('may take as long as they like when there is no limit', () => {
    judge = new Judge(clock, 0, 1024);
    judge.callbacks.set('*', () => new Promise(() => {}));
    ask(request());
    expect(clock.pending).toBe(0);
  });

  describe('of which as many calls are under way as may be', () => {
    const tooMany = refuses('2 calls of the callback are under way (maxCallbacks)', 300);
    const open: { answer: (value: Admission) => void; fail: (error: Error) => void }[] = [];
    let asked: number;
    beforeEach(() => {
      judge = new Judge(clock, 5000, 2);
      open.length = asked = 0;
      judge.passwords.set('*', ({ username }) => {
        asked++;
        if (username === 'quick') return true;
        return new Promise((answer, fail) => open.push({ answer, fail }));
      });
    });

    it('send all others away for now, without being called', () => {
      const given = [ask(plain('a', '')), ask(plain('b', ''))];
      expect([decide(plain('c', '')), decide(plain('quick', ''))]).toEqual([tooMany, tooMany]);
      expect(asked).toBe(2);
      expect(given).toEqual([[], []]);
    });

    it('do not keep others from being called, nor one that takes their place', () => {
      for (const name of ['a', 'b']) ask(plain(name, ''));
      judge.keys.set('*', readKeyRules(() => true)); // prettier-ignore
      expect([decide(curve()), decide(request())]).toEqual([admits(publicKey), admits('')]);
      judge.passwords.set('*', () => true);
      expect(decide(plain('c', ''))).toEqual(admits('c'));
    });

    it('do not count when they answer at once', () => {
      ask(plain('a', ''));
      for (let i = 0; i < 5; i++) expect(decide(plain('quick', ''))).toEqual(admits('quick'));
      ask(plain('b', ''));
      expect(decide(plain('quick', ''))).toEqual(tooMany);
    });

    it.each<[string, () => void]>([
      ['one has answered', () => open[0]!.answer(true)],
      ['one has refused', () => open[0]!.answer(false)],
      ['one has failed', () => open[0]!.fail(new Error('no database'))],
      ['their time is over', () => clock.advance(5000)],
    ])('are asked again when %s', async (_, act) => {
      for (const name of ['a', 'b']) ask(plain(name, ''));
      act();
      await turn();
      expect(decide(plain('quick', ''))).toEqual(admits('quick'));
      expect(ask(plain('c', ''))).toEqual([]);
      expect(asked).toBe(4);
    });

    it('count once: what comes after its time makes no more room', async () => {
      for (const name of ['a', 'b']) ask(plain(name, ''));
      clock.advance(5000);
      for (const name of ['c', 'd']) expect(ask(plain(name, ''))).toEqual([]);
      for (const { answer } of open.slice(0, 2)) answer(true);
      await turn();
      expect(decide(plain('e', ''))).toEqual(tooMany);
      judge.close();
    });
  });

  it('are not waited for after the end', () => {
    judge.callbacks.set('*', () => new Promise(() => {}));
    const given = ask(request());
    judge.close();
    clock.advance(10_000);
    expect([given, clock.pending]).toEqual([[], 0]);
  });
});
