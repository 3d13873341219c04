import { bytes } from '../testing/bytes.js';
import { admission, admitted, FakeAuthenticator, hear, metadataOf, said, shakeHands } from '../testing/handshake.js';
import { PlainClient, PlainServer } from './plain.js';

const PUSH = metadataOf('PUSH');
const PULL = metadataOf('PULL');
const HELLO = bytes('05 "HELLO" 03 "joe" 06 "secret"');
const WELCOME = bytes('07 "WELCOME"');
const INITIATE = Buffer.concat([bytes('08 "INITIATE"'), PUSH]);
const READY = Buffer.concat([bytes('05 "READY"'), PULL]);

const client = (): PlainClient => new PlainClient({ username: 'joe', password: 'secret' }, PUSH);
function server(authenticator = new FakeAuthenticator(admitted), wake = (): void => {}): PlainServer {
  return new PlainServer(admission('PLAIN', authenticator, { wake }), PULL);
}
/** One that has sent HELLO, and one that has got WELCOME too. */
function started(...heard: readonly Buffer[]): PlainClient {
  const mechanism = client();
  said(mechanism);
  for (const body of heard) {
    hear(mechanism, body);
    said(mechanism);
  }
  return mechanism;
}
function welcoming(): PlainServer {
  const mechanism = server();
  hear(mechanism, HELLO);
  said(mechanism);
  return mechanism;
}
const code = (value: string): Error => expect.objectContaining({ code: `ERR_ZMTP_${value}` }) as unknown as Error;

it('24-PLAIN-2 24-PLAIN-4 24-PLAIN-5: the whole handshake', () => {
  const authenticator = new FakeAuthenticator(admitted);
  const [one, other] = [client(), server(authenticator)];
  expect(shakeHands(one, other)).toEqual([HELLO, WELCOME, INITIATE, READY]);
  expect([one.status, other.status]).toEqual(['ready', 'ready']);
  expect(String(one.peerProperties.get('Socket-Type'))).toBe('PULL');
  expect(String(other.peerProperties.get('Socket-Type'))).toBe('PUSH');
  expect(other.admitted).toBe(admitted);
  expect(authenticator.requests[0]!.credentials.map(String)).toEqual(['joe', 'secret']);
});

it('24-PLAIN-1: the client is no server, and the server is one', () => {
  expect([client().asServer, server().asServer]).toEqual([false, true]);
});

describe('the server', () => {
  it('waits for a verdict, and is woken', () => {
    let woken = 0;
    const authenticator = new FakeAuthenticator();
    const mechanism = server(authenticator, () => void woken++);
    expect(mechanism.status).toBe('handshaking');
    hear(mechanism, HELLO);
    expect([mechanism.status, said(mechanism), woken]).toEqual(['waiting', [], 0]);
    authenticator.give(admitted);
    expect([mechanism.status, woken]).toEqual(['handshaking', 1]);
    expect(said(mechanism)).toEqual([WELCOME]);
  });

  it.each([300, 400, 500] as const)('24-PLAIN-3: welcomes nobody with a verdict of %i', (status) => {
    const mechanism = server(new FakeAuthenticator({ status, text: '' }));
    hear(mechanism, HELLO);
    expect(mechanism.status).toBe('handshaking');
    expect(() => mechanism.produce()).toThrow(expect.objectContaining({ status }));
  });

  it('welcomes nobody while nobody would answer', () => {
    const mechanism = new PlainServer(admission('PLAIN', undefined), PULL);
    hear(mechanism, HELLO);
    expect(() => mechanism.produce()).toThrow(expect.objectContaining({ name: 'UnavailableError' }));
  });

  it('is not asked to wait by one that has gone', () => {
    const authenticator = new FakeAuthenticator();
    const mechanism = server(authenticator);
    hear(mechanism, HELLO);
    mechanism.abandon();
    expect(authenticator.cancelled).toBe(1);
  });

  it.each([0, 1, 254, 255])('takes a name and a password of %i bytes', (size) => {
    const authenticator = new FakeAuthenticator(admitted);
    const long = Buffer.alloc(size, 'x');
    const length = Buffer.of(size);
    hear(server(authenticator), Buffer.concat([bytes('05 "HELLO"'), length, long, length, long]));
    expect(authenticator.requests[0]!.credentials).toEqual([long, long]);
  });

  it('keeps no view on what came: the authenticator may', () => {
    const authenticator = new FakeAuthenticator(admitted);
    const hello = Buffer.from(HELLO);
    hear(server(authenticator), hello);
    hello.fill(0);
    expect(authenticator.requests[0]!.credentials.map(String)).toEqual(['joe', 'secret']);
  });

  it('refuses a HELLO that is cut at any place, or has more than it should', () => {
    for (let size = 6; size < HELLO.length; size++) {
      const authenticator = new FakeAuthenticator(admitted);
      expect(() => hear(server(authenticator), HELLO.subarray(0, size))).toThrow(code('MALFORMED_COMMAND_HELLO'));
      expect(authenticator.requests).toEqual([]);
    }
    expect(() => hear(server(), Buffer.concat([HELLO, bytes('00')]))).toThrow(code('MALFORMED_COMMAND_HELLO'));
  });

  it.each([WELCOME, INITIATE, READY, bytes('04 "PING" 0000'), bytes(''), bytes('05 "hello" 00 00')])(
    'wants HELLO first, and not %s',
    (body) => {
      expect(() => hear(server(), body)).toThrow(code('UNEXPECTED_COMMAND'));
    },
  );

  it.each([HELLO, WELCOME, READY, bytes('')])('wants INITIATE then, and not %s', (body) => {
    const mechanism = welcoming();
    expect(() => hear(mechanism, body)).toThrow(code('UNEXPECTED_COMMAND'));
    expect(mechanism.status).toBe('handshaking');
  });

  it('has nothing more to hear behind INITIATE', () => {
    const mechanism = welcoming();
    hear(mechanism, INITIATE);
    expect(said(mechanism)).toEqual([READY]);
    expect(() => hear(mechanism, INITIATE)).toThrow(code('UNEXPECTED_COMMAND'));
  });

  it('refuses broken metadata', () => {
    const mechanism = welcoming();
    expect(() => hear(mechanism, INITIATE.subarray(0, -1))).toThrow(code('INVALID_METADATA'));
    expect(mechanism.status).toBe('handshaking');
  });
});

describe('the client', () => {
  it.each([READY, HELLO, INITIATE, bytes('')])('wants WELCOME first, and not %s', (body) => {
    expect(() => hear(started(), body)).toThrow(code('UNEXPECTED_COMMAND'));
  });

  it('hears nothing before it has spoken', () => {
    expect(() => hear(client(), WELCOME)).toThrow(code('UNEXPECTED_COMMAND'));
  });

  it('wants an empty WELCOME', () => {
    expect(() => hear(started(), bytes('07 "WELCOME" 00'))).toThrow(code('MALFORMED_COMMAND_WELCOME'));
  });

  it.each([WELCOME, HELLO, INITIATE, bytes('')])('wants READY then, and not %s', (body) => {
    const mechanism = started(WELCOME);
    expect(() => hear(mechanism, body)).toThrow(code('UNEXPECTED_COMMAND'));
    expect(mechanism.status).toBe('handshaking');
  });

  it('refuses broken metadata', () => {
    expect(() => hear(started(WELCOME), READY.subarray(0, -1))).toThrow(code('INVALID_METADATA'));
  });

  it("reads libzmq's misprint as an ERROR, and nothing else as one", () => {
    const mechanism = started();
    expect(mechanism.readCommand(bytes('5E "RROR" 03 "400"'))).toEqual({ name: 'ERROR', data: bytes('03 "400"') });
    expect(mechanism.readCommand(bytes('05 "ERROR" 03 "400"'))).toEqual({ name: 'ERROR', data: bytes('03 "400"') });
    expect(() => mechanism.readCommand(bytes('5E "RROR"'))).toThrow(code('MALFORMED_COMMAND_UNSPECIFIED'));
    expect(() => mechanism.readCommand(bytes('5E "RRO" 03 "400"'))).toThrow(code('MALFORMED_COMMAND_UNSPECIFIED'));
  });
});
