import { AuthenticationError, ProtocolError, UnavailableError } from '../foundation/errors.js';
import { admission, admitted, FakeAuthenticator } from '../testing/handshake.js';
import type { Admission } from './admission.js';
import type { Authenticator } from './authenticator.js';
import type { MechanismName } from './mechanism.js';

const names: readonly MechanismName[] = ['NULL', 'PLAIN', 'CURVE'];

describe('who is asked', () => {
  it('is told all that 27/ZAP has', () => {
    const authenticator = new FakeAuthenticator();
    const credentials = [Buffer.from('joe'), Buffer.from('secret')];
    admission('PLAIN', authenticator, { domain: 'games' }).ask(...credentials);
    expect(authenticator.requests).toEqual([
      { domain: 'games', address: '10.0.0.1', routingId: Buffer.from('server'), mechanism: 'PLAIN', credentials },
    ]);
  });

  it.each(names)('is not asked by %s before `ask`', (name) => {
    const authenticator = new FakeAuthenticator();
    const question = admission(name, authenticator, { domain: 'games' });
    expect([question.asked, question.isPending, question.isAdmitted]).toEqual([false, false, false]);
    expect(authenticator.requests).toEqual([]);
  });

  it('is not asked by NULL without a domain', () => {
    const authenticator = new FakeAuthenticator();
    const question = admission('NULL', authenticator, { enforceDomain: true });
    question.ask();
    expect(authenticator.requests).toEqual([]);
    expect([question.isAdmitted, question.admitted]).toEqual([true, undefined]);
    expect(() => question.check()).not.toThrow();
  });
});

describe('where nobody would answer', () => {
  const absent = new FakeAuthenticator(admitted);
  absent.present = false;

  it.each([
    ['NULL', '', false, true],
    ['NULL', '', true, true],
    ['NULL', 'games', false, true],
    ['NULL', 'games', true, false],
    ['PLAIN', '', false, false],
    ['PLAIN', 'games', false, false],
    ['PLAIN', '', true, false],
    ['CURVE', '', false, true],
    ['CURVE', 'games', false, true],
    ['CURVE', '', true, false],
    ['CURVE', 'games', true, false],
  ] as const)('%s with the domain "%s", enforced: %s', (name, domain, enforceDomain, goesOn) => {
    for (const authenticator of [undefined, absent]) {
      const question = admission(name, authenticator, { domain, enforceDomain });
      question.ask();
      expect([question.isPending, question.isAdmitted, question.admitted]).toEqual([false, goesOn, undefined]);
      if (goesOn) expect(() => question.check()).not.toThrow();
      else expect(() => question.check()).toThrow(UnavailableError);
    }
    expect(absent.requests).toEqual([]);
  });
});

describe('the verdict', () => {
  it('admits with 200, and says who it is', () => {
    const question = admission('CURVE', new FakeAuthenticator(admitted));
    question.ask(Buffer.alloc(32));
    expect([question.isPending, question.isAdmitted]).toEqual([false, true]);
    expect(question.admitted).toBe(admitted);
    expect(() => question.check()).not.toThrow();
  });

  it.each([300, 400, 500] as const)('%i does not', (status) => {
    const question = admission('CURVE', new FakeAuthenticator({ status, text: 'not today' }));
    question.ask(Buffer.alloc(32));
    expect([question.isAdmitted, question.admitted]).toEqual([false, undefined]);
    expect(() => question.check()).toThrow(AuthenticationError);
    expect(() => question.check()).toThrow(expect.objectContaining({ status, code: 'EACCES' }));
    expect(() => question.check()).toThrow(/not today/);
  });

  it('a broken one does not', () => {
    const error = new ProtocolError('ERR_ZAP_BAD_VERSION', 'version 2.0');
    const question = admission('CURVE', new FakeAuthenticator({ status: 'failed', error }));
    question.ask(Buffer.alloc(32));
    expect(question.isAdmitted).toBe(false);
    expect(() => question.check()).toThrow(error);
  });

  it('may come later, and wakes then, and not when it comes at once', () => {
    let woken = 0;
    const later = new FakeAuthenticator();
    const question = admission('PLAIN', later, { wake: () => void woken++ });
    question.ask();
    expect([question.isPending, woken]).toEqual([true, 0]);
    later.give(admitted);
    expect([question.isPending, question.isAdmitted, woken]).toEqual([false, true, 1]);
    admission('PLAIN', new FakeAuthenticator(admitted), { wake: () => void woken++ }).ask();
    expect(woken).toBe(1);
  });

  it('counts once: a second one changes nothing', () => {
    let woken = 0;
    const twice = new FakeAuthenticator();
    const question = admission('PLAIN', twice, { wake: () => void woken++ });
    question.ask();
    twice.give({ status: 400, text: '' });
    twice.give(admitted);
    expect([question.isAdmitted, woken]).toEqual([false, 1]);
  });
});

describe('an authenticator that breaks its contract', () => {
  /** `ask` is as a program in JavaScript may have it. */
  const broken = (ask: (give: (verdict: unknown) => void) => unknown, present?: unknown): Authenticator =>
    ({ present, ask: (_: unknown, give: (verdict: unknown) => void) => ask(give) }) as unknown as Authenticator;
  const properties = new Map<string, unknown>();

  function expectRefused(question: Admission): void {
    expect([question.isPending, question.isAdmitted, question.admitted]).toEqual([false, false, undefined]);
    expect(() => question.check()).toThrow(ProtocolError);
    expect(() => question.check()).toThrow(expect.objectContaining({ code: 'ERR_ZAP_UNSPECIFIED' }));
  }

  describe.each(names)('under %s', (name) => {
    it.each<[string, unknown]>([
      ['nothing', undefined],
      ['null', null],
      ['true', true],
      ['200', 200],
      ['"unguarded"', 'unguarded'],
      ['an empty object', {}],
      ['200 without a user', { status: 200, properties }],
      ['200 without properties', { status: 200, userId: 'joe' }],
      ['200 with no properties', { status: 200, userId: 'joe', properties: null }],
      ['200 with an object of properties', { status: 200, userId: 'joe', properties: { a: Buffer.from('b') } }],
      ['200 with a property of text', { status: 200, userId: 'joe', properties: new Map([['a', 'b']]) }],
      ['200 with a nameless property', { status: 200, userId: 'joe', properties: new Map([[1, Buffer.from('b')]]) }],
      ['"200"', { status: '200', userId: 'joe', properties }],
      ['201', { status: 201, userId: 'joe', properties }],
      ['400 without a text', { status: 400 }],
      ['a failure without an error', { status: 'failed' }],
      ['a failure with another error', { status: 'failed', error: new Error('x') }],
    ])('refuses when it gives %s, at once or later', (_, verdict) => {
      const atOnce = admission(name, broken((give) => give(verdict)), { domain: 'games' }); // prettier-ignore
      atOnce.ask();
      expectRefused(atOnce);
      let giveLater: (verdict: unknown) => void = () => {};
      let woken = 0;
      const authenticator = broken((give) => void (giveLater = give));
      const later = admission(name, authenticator, { domain: 'games', wake: () => void woken++ });
      later.ask();
      expect(later.isPending).toBe(true);
      giveLater(verdict);
      expect(woken).toBe(1);
      expectRefused(later);
    });

    it('refuses when it throws, also after a verdict of 200', () => {
      const cause = new Error('no database');
      for (const verdict of [undefined, admitted]) {
        const authenticator = broken((give) => {
          if (verdict !== undefined) give(verdict);
          throw cause;
        });
        const question = admission(name, authenticator, { domain: 'games' });
        question.ask();
        expectRefused(question);
        expect(() => question.check()).toThrow(/the authenticator has thrown: no database/);
        expect(() => question.check()).toThrow(expect.objectContaining({ cause }));
      }
    });

    it('asks one that does not say whether it is there', () => {
      const question = admission(name, broken((give) => give({ status: 400, text: 'no' })), { domain: 'games' }); // prettier-ignore
      question.ask();
      expect(question.isAdmitted).toBe(false);
      expect(() => question.check()).toThrow(AuthenticationError);
    });
  });

  it.each<[string, () => unknown]>([
    ['a promise', () => Promise.resolve()],
    ['nothing', () => undefined],
    ['what throws', () => () => { throw new Error('no') }], // prettier-ignore
  ])('may give %s to take the question back with', (_, ask) => {
    const question = admission('CURVE', broken(ask));
    question.ask();
    expect(() => question.abandon()).not.toThrow();
    expect(question.isAdmitted).toBe(false);
  });
});

it('without a question there is no verdict', () => {
  const question = admission('CURVE', new FakeAuthenticator(admitted));
  expect(() => question.check()).toThrow(UnavailableError);
});

describe('a connection that has ended', () => {
  it('takes the question back, once', () => {
    const authenticator = new FakeAuthenticator();
    let woken = 0;
    const question = admission('PLAIN', authenticator, { wake: () => void woken++ });
    question.ask();
    question.abandon();
    question.abandon();
    expect(authenticator.cancelled).toBe(1);
    authenticator.give(admitted);
    expect([question.isAdmitted, woken]).toEqual([false, 0]);
    expect(() => question.check()).toThrow(UnavailableError);
  });

  it('has nothing to take back before and after', () => {
    const authenticator = new FakeAuthenticator(admitted);
    const question = admission('PLAIN', authenticator);
    question.abandon();
    question.ask();
    question.abandon();
    expect([authenticator.cancelled, question.isAdmitted]).toEqual([0, true]);
  });
});
