import { AuthenticationError, ProtocolError, UnavailableError } from '../foundation/errors.js';
import { admission, admitted, FakeAuthenticator } from '../testing/handshake.js';
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
