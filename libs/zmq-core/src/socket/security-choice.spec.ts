import { encodeZ85 } from '../foundation/z85.js';
import { pattern } from '../testing/bytes.js';
import { checkOption } from './option-check.js';
import { defaultOptions, type OptionName } from './option-table.js';
import { SecurityChoice } from './security-choice.js';

const SECRET = pattern(32, 1);
const PUBLIC = pattern(32, 2);
const SERVER = pattern(32, 3);

type Setting = readonly [OptionName, unknown];

function after(...settings: readonly Setting[]) {
  const options = defaultOptions('PUSH');
  const choice = new SecurityChoice();
  for (const [name, value] of settings) {
    options[name] = checkOption(name, value, options[name]) as never;
    choice.optionSet(name, options);
  }
  return { options, choice, now: () => choice.optionsNow(options) };
}

/** By libzmq 4.3.5, which `test/interop/security.spec.ts` asks for the same. */
const sequences: readonly (readonly [readonly Setting[], string, boolean])[] = [
  [[], 'NULL', false],
  [[['plainServer', true]], 'PLAIN', true],
  [[['plainUsername', 'joe']], 'PLAIN', false],
  [[['plainPassword', 'secret']], 'PLAIN', false],
  [[['plainServer', true], ['plainUsername', 'joe']], 'PLAIN', false],
  [[['plainUsername', 'joe'], ['plainServer', true]], 'PLAIN', true],
  [[['plainUsername', 'joe'], ['plainServer', false]], 'NULL', false],
  [[['plainUsername', 'joe'], ['plainUsername', null]], 'NULL', false],
  [[['curveServer', true]], 'CURVE', true],
  [[['curveServer', true], ['curveSecretKey', SECRET]], 'CURVE', true],
  [[['curveSecretKey', SECRET], ['curveServer', true]], 'CURVE', true],
  [[['curvePublicKey', PUBLIC]], 'CURVE', false],
  [[['curveServer', true], ['curveServerKey', SERVER]], 'CURVE', false],
  [[['curveServer', true], ['curveServer', false]], 'NULL', false],
  [[['curveServer', true], ['plainServer', false]], 'NULL', false],
  [[['plainServer', true], ['curveSecretKey', SECRET]], 'CURVE', true],
  [[['curveSecretKey', SECRET], ['plainUsername', 'joe']], 'PLAIN', false],
  [[['zapDomain', 'games'], ['zapEnforceDomain', true]], 'NULL', false],
]; // prettier-ignore

it.each(sequences)('%j: %s, server: %s', (settings, mechanism, isServer) => {
  const { choice, options } = after(...settings);
  expect(choice.mechanism).toBe(mechanism);
  expect(options.plainServer).toBe(isServer && mechanism === 'PLAIN');
  expect(options.curveServer).toBe(isServer && mechanism === 'CURVE');
});

it('what is set later changes nothing of what is bound', () => {
  const { choice, options, now } = after(['curveServer', true], ['curveSecretKey', SECRET]);
  const before = now();
  options.plainServer = true;
  choice.optionSet('plainServer', options);
  expect([before.mechanism, now().mechanism]).toEqual(['CURVE', 'PLAIN']);
});

describe('what a connection lives by', () => {
  it('NULL', () => {
    expect(after(['zapDomain', 'games']).now()).toEqual({ mechanism: 'NULL', zapDomain: 'games', zapEnforceDomain: false });
    expect(after().now()).toMatchObject({ zapDomain: '' });
  }); // prettier-ignore

  it('PLAIN', () => {
    const client = after(['plainUsername', 'joe'], ['plainPassword', 'secret']).now();
    expect(client).toMatchObject({ asServer: false, credentials: { username: 'joe', password: 'secret' } });
    expect(after(['plainUsername', 'joe']).now()).toMatchObject({ credentials: { username: 'joe', password: '' } });
    expect(after(['plainServer', true]).now()).toMatchObject({ mechanism: 'PLAIN', asServer: true });
  });

  it('CURVE, with keys as bytes or as Z85', () => {
    for (const write of [(key: Buffer) => key, encodeZ85]) {
      const security = after(
        ['curvePublicKey', write(PUBLIC)],
        ['curveSecretKey', write(SECRET)],
        ['curveServerKey', write(SERVER)],
      ).now();
      expect(security).toMatchObject({ asServer: false, keys: { secretKey: SECRET, serverKey: SERVER } });
    }
  });

  it('keys are those of the time when they were set', () => {
    const key = Buffer.from(SECRET);
    const { now } = after(['curveServer', true], ['curveSecretKey', key]);
    key.fill(0);
    expect(now()).toMatchObject({ keys: { secretKey: SECRET } });
  });
});

describe('CURVE without its keys', () => {
  it.each<[string, readonly Setting[], RegExp]>([
    ['a server', [['curveServer', true]], /curveSecretKey.*curveKeyPair\(\)/],
    ['a client', [['curveServerKey', SERVER]], /curveSecretKey/],
    ['a client that knows no server', [['curveSecretKey', SECRET]], /curveServerKey.*curveServer/],
  ])('%s', (_, settings, why) => {
    expect(after(...settings).now).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(after(...settings).now).toThrow(why);
  });
});

describe('keys that are none', () => {
  it.each([
    ['31 bytes', Buffer.alloc(31)],
    ['33 bytes', Buffer.alloc(33)],
    ['39 characters', 'a'.repeat(39)],
    ['41 characters', 'a'.repeat(41)],
    ['a character that Z85 has not', `${'a'.repeat(39)}_`],
    ['five characters of more than 32 bits', '#'.repeat(40)],
    ['nothing', ''],
    ['null', null],
  ])('%s', (_, key) => {
    for (const name of ['curvePublicKey', 'curveSecretKey', 'curveServerKey'] as const)
      expect(() => checkOption(name, key, null)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('a secret key is in no text', () => {
    expect(() => checkOption('curveSecretKey', 'my secret', null)).toThrow(/what it was given/);
    expect(() => checkOption('curveSecretKey', 'my secret', null)).not.toThrow(/my secret/);
  });
});
