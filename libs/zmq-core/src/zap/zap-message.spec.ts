import type { AuthenticationRequest } from '../mechanism/authenticator.js';
import { bytes } from '../testing/bytes.js';
import { encodeMetadata } from '../wire/metadata.js';
import { decodeReply, decodeRequest, encodeReply, encodeRequest } from './zap-message.js';

const request: AuthenticationRequest = {
  domain: 'global',
  address: '192.168.55.1',
  routingId: Buffer.from('IDENT'),
  mechanism: 'NULL',
  credentials: [],
};

const frames = (...texts: readonly (string | Buffer)[]): Buffer[] => texts.map((text) => Buffer.from(text));

/** A reply with one frame changed. */
function reply(changes: Readonly<Record<number, string | Buffer>> = {}): Buffer[] {
  const all = frames('', '1.0', '1', '200', 'OK', 'joe', '');
  for (const [i, frame] of Object.entries(changes)) all[Number(i)] = Buffer.from(frame);
  return all;
}

describe('a request', () => {
  it('27-REQUEST-2 27-NULL-1 27-NULL-2: of NULL has no credentials', () => {
    expect(encodeRequest(request)).toEqual(frames('', '1.0', '1', 'global', '192.168.55.1', 'IDENT', 'NULL'));
  });

  it('27-PLAIN-1 27-PLAIN-2: of PLAIN has user name and password', () => {
    const plain = { ...request, mechanism: 'PLAIN', credentials: frames('admin', 'secret') } as const;
    expect(encodeRequest(plain).slice(6)).toEqual(frames('PLAIN', 'admin', 'secret'));
  });

  it('27-CURVE-1 27-CURVE-2: of CURVE has the 32 octets of the public key', () => {
    const key = Buffer.alloc(32, 7);
    expect(encodeRequest({ ...request, mechanism: 'CURVE', credentials: [key] }).slice(6)).toEqual([
      Buffer.from('CURVE'),
      key,
    ]);
  });

  it('without domain, address and routing id has empty frames', () => {
    const bare = { ...request, domain: '', address: '', routingId: Buffer.alloc(0) };
    expect(encodeRequest(bare)).toEqual(frames('', '1.0', '1', '', '', '', 'NULL'));
  });

  it('is read by a handler, with any envelope', () => {
    for (const envelope of [frames(''), frames('id', ''), frames('far', 'near', '')]) {
      const body = encodeRequest({ ...request, mechanism: 'PLAIN', credentials: frames('', '') }).slice(1);
      expect(decodeRequest([...envelope, ...body])).toEqual({
        envelope,
        requestId: Buffer.from('1'),
        domain: 'global',
        address: '192.168.55.1',
        routingId: Buffer.from('IDENT'),
        mechanism: 'PLAIN',
        credentials: frames('', ''),
      });
    }
  });

  it.each([
    ['nothing', []],
    ['no delimiter', frames('id', '1.0', '1', 'd', 'a', 'i', 'NULL')],
    ['a frame too few', frames('id', '', '1.0', '1', 'd', 'a', 'i')],
    ['another version', frames('id', '', '2.0', '1', 'd', 'a', 'i', 'NULL')],
  ])('is not read from %s', (_, message) => {
    expect(decodeRequest(message)).toBeUndefined();
  });
});

describe('a reply', () => {
  it('of 200 admits a user with properties', () => {
    const metadata = encodeMetadata([['Hello', Buffer.from('World')]]);
    expect(decodeReply(reply({ 6: metadata }))).toEqual({
      status: 200,
      userId: 'joe',
      properties: new Map([['Hello', Buffer.from('World')]]),
    });
  });

  it('admits also a user without name, properties or text', () => {
    expect(decodeReply(reply({ 4: '', 5: '' }))).toEqual({ status: 200, userId: '', properties: new Map() });
  });

  it.each([300, 400, 500] as const)('of %i refuses', (status) => {
    expect(decodeReply(reply({ 3: String(status), 4: 'go away', 5: '' }))).toEqual({ status, text: 'go away' });
  });

  it('says nothing that only we say of a peer', () => {
    const metadata = encodeMetadata(
      ['user-id', 'PEER-ADDRESS', 'Routing-Id', 'X-User-Id'].map((name) => [name, Buffer.from('root')] as const),
    );
    const verdict = decodeReply(reply({ 6: metadata }));
    expect(verdict).toMatchObject({ userId: 'joe', properties: new Map([['X-User-Id', Buffer.from('root')]]) });
  });

  it.each([
    ['no frame', [], 'ERR_ZAP_MALFORMED_REPLY'],
    ['a frame too few', reply().slice(0, 6), 'ERR_ZAP_MALFORMED_REPLY'],
    ['a frame too many', [...reply(), Buffer.alloc(0)], 'ERR_ZAP_MALFORMED_REPLY'],
    ['the delimiter left out', reply().slice(1), 'ERR_ZAP_MALFORMED_REPLY'],
    ['no empty delimiter', reply({ 0: 'x' }), 'ERR_ZAP_UNSPECIFIED'],
    ['version 1.1', reply({ 1: '1.1' }), 'ERR_ZAP_BAD_VERSION'],
    ['a longer version', reply({ 1: '1.0 ' }), 'ERR_ZAP_BAD_VERSION'],
    ['no version', reply({ 1: '' }), 'ERR_ZAP_BAD_VERSION'],
    ['another request id', reply({ 2: '2' }), 'ERR_ZAP_BAD_REQUEST_ID'],
    ['a longer request id', reply({ 2: '11' }), 'ERR_ZAP_BAD_REQUEST_ID'],
    ['no request id', reply({ 2: '' }), 'ERR_ZAP_BAD_REQUEST_ID'],
    ['status 201', reply({ 3: '201' }), 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['status 100', reply({ 3: '100' }), 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['status 600', reply({ 3: '600' }), 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['no status', reply({ 3: '' }), 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['a status with a space', reply({ 3: '200 ' }), 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['a status of other digits', reply({ 3: '２００' }), 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['a property that is cut', reply({ 6: bytes('05 "Hello" 00000006 "World"') }), 'ERR_ZAP_INVALID_METADATA'],
    ['a property without name', reply({ 6: bytes('00 00000000') }), 'ERR_ZAP_INVALID_METADATA'],
    ['one byte of metadata', reply({ 6: bytes('01') }), 'ERR_ZAP_INVALID_METADATA'],
    ['a property twice', reply({ 6: bytes('01 "a" 00000000 01 "A" 00000000') }), 'ERR_ZAP_INVALID_METADATA'],
    ['broken metadata with a refusal', reply({ 3: '400', 6: bytes('01') }), 'ERR_ZAP_INVALID_METADATA'],
  ])('with %s admits nobody', (_, message, code) => {
    expect(decodeReply(message)).toEqual({
      status: 'failed',
      error: expect.objectContaining({
        name: 'ProtocolError',
        code,
        message: expect.stringMatching(/^ZAP protocol error/),
      }),
    });
  });

  it('of ours is read', () => {
    const received = decodeRequest([Buffer.from('id'), ...encodeRequest(request)])!;
    const properties = [['Name', Buffer.from('Joe')]] as const;
    const good = encodeReply(received, { status: 200, text: 'OK', userId: 'joe', properties });
    expect(good[0]).toEqual(Buffer.from('id'));
    expect(decodeReply(good.slice(1))).toEqual({ status: 200, userId: 'joe', properties: new Map(properties) });
    const bad = encodeReply(received, { status: 400, text: 'no', userId: '', properties: [] });
    expect(bad.slice(1)).toEqual(frames('', '1.0', '1', '400', 'no', '', ''));
  });
});
