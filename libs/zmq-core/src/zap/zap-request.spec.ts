import { inspect } from 'node:util';
import { encodeZ85 } from '../foundation/z85.js';
import type { ReceivedRequest } from './zap-message.js';
import { ZapRequest } from './zap-request.js';

const received = (mechanism: string, ...credentials: readonly Buffer[]): ReceivedRequest => ({
  envelope: [],
  requestId: Buffer.from('1'),
  domain: 'global',
  address: '::1',
  routingId: Buffer.from('server'),
  mechanism,
  credentials,
});

const key = Buffer.alloc(32, 9);

describe('ZapRequest', () => {
  it('tells what each mechanism shows', () => {
    expect(ZapRequest.read(received('NULL'))).toMatchObject({
      mechanism: 'NULL', domain: 'global', address: '::1', routingId: 'server', username: '', password: '', publicKey: '',
    }); // prettier-ignore
    expect(ZapRequest.read(received('PLAIN', Buffer.from('joe'), Buffer.from('sésame')))).toMatchObject({
      mechanism: 'PLAIN', username: 'joe', password: 'sésame', publicKey: '',
    }); // prettier-ignore
    expect(ZapRequest.read(received('CURVE', key))).toMatchObject({
      mechanism: 'CURVE', username: '', password: '', publicKey: encodeZ85(key),
    }); // prettier-ignore
  });

  it('does not show the password by accident', () => {
    const request = ZapRequest.read(received('PLAIN', Buffer.from('joe'), Buffer.from('sesame')))!;
    const shown = [
      inspect(request, { showHidden: true, depth: 5 }),
      JSON.stringify(request),
      String(Object.entries(request)),
    ];
    for (const text of shown) expect(text).not.toContain('sesame');
    expect(shown[1]).toContain('joe');
    expect(Object.keys(request)).not.toContain('password');
  });

  it.each([
    ['NULL with credentials', received('NULL', key)],
    ['PLAIN without password', received('PLAIN', Buffer.from('joe'))],
    ['PLAIN with more', received('PLAIN', key, key, key)],
    ['PLAIN with a name that is no UTF-8', received('PLAIN', Buffer.from([0xff]), Buffer.from('x'))],
    ['PLAIN with a password that is no UTF-8', received('PLAIN', Buffer.from('x'), Buffer.from([0x61, 0xc3]))],
    ['CURVE without key', received('CURVE')],
    ['CURVE with a short key', received('CURVE', key.subarray(1))],
    ['CURVE with two keys', received('CURVE', key, key)],
    ['GSSAPI', received('GSSAPI', Buffer.from('principal'))],
    ['plain', received('plain', key, key)],
    ['nothing', received('')],
    ['toString', received('toString')],
  ])('is nothing for %s', (_, request) => {
    expect(ZapRequest.read(request)).toBeUndefined();
  });
});
