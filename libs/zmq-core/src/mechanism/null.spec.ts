import { bytes } from '../testing/bytes.js';
import { admission, admitted, FakeAuthenticator } from '../testing/handshake.js';
import type { Command } from '../wire/command.js';
import { NullMechanism } from './null.js';

const metadata = bytes('0B "Socket-Type" 00000006 "DEALER" 08 "Identity" 00000000');

describe('NULL', () => {
  it('says READY once, at once', () => {
    const mechanism = new NullMechanism(metadata);
    expect(mechanism.produce()).toEqual(Buffer.concat([bytes('04 29 05 "READY"'), metadata]));
    expect(mechanism.produce()).toBeUndefined();
    expect(mechanism.status).toBe('handshaking');
  });

  it('is ready when the peer has said READY', () => {
    const mechanism = new NullMechanism(metadata);
    mechanism.consume({ name: 'READY', data: metadata });
    expect(mechanism.status).toBe('ready');
    expect(mechanism.peerProperties.get('Socket-Type')?.toString()).toBe('DEALER');
    expect(mechanism.produce()).toBeDefined();
  });

  it.each(['', 'PING', 'ready', 'HELLO', 'SUBSCRIBE'])('refuses the command "%s"', (name) => {
    const mechanism = new NullMechanism(metadata);
    expect(() => mechanism.consume({ name, data: metadata })).toThrow(
      expect.objectContaining({ code: 'ERR_ZMTP_UNEXPECTED_COMMAND' }),
    );
    expect(mechanism.status).toBe('handshaking');
  });

  it('refuses a READY that cannot be read', () => {
    const mechanism = new NullMechanism(metadata);
    expect(() => mechanism.consume({ name: 'READY', data: metadata.subarray(1) })).toThrow(
      expect.objectContaining({ code: 'ERR_ZMTP_INVALID_METADATA' }),
    );
    expect(mechanism.status).toBe('handshaking');
  });
});

describe('NULL with a ZAP domain', () => {
  const READY: Command = { name: 'READY', data: metadata };
  function guarded(authenticator: FakeAuthenticator, wake = (): void => {}): NullMechanism {
    return new NullMechanism(metadata, admission('NULL', authenticator, { domain: 'games', wake }));
  }

  it('asks first, without credentials, and says READY after the verdict', () => {
    let woken = 0;
    const authenticator = new FakeAuthenticator();
    const mechanism = guarded(authenticator, () => void woken++);
    expect([mechanism.produce(), mechanism.status]).toEqual([undefined, 'handshaking']);
    expect(authenticator.requests).toMatchObject([{ mechanism: 'NULL', domain: 'games', credentials: [] }]);
    authenticator.give(admitted);
    expect(woken).toBe(1);
    expect(mechanism.produce()).toBeDefined();
    expect(mechanism.produce()).toBeUndefined();
    mechanism.consume(READY);
    expect([mechanism.status, mechanism.admitted]).toEqual(['ready', admitted]);
    expect(authenticator.requests).toHaveLength(1);
  });

  it('is not ready by the word of the peer alone', () => {
    const authenticator = new FakeAuthenticator();
    const mechanism = guarded(authenticator);
    mechanism.produce();
    mechanism.consume(READY);
    expect(mechanism.status).toBe('waiting');
    authenticator.give(admitted);
    expect([mechanism.status, mechanism.produce()]).toEqual(['ready', expect.any(Buffer)]);
  });

  it.each([300, 400, 500] as const)('says nothing with a verdict of %i', (status) => {
    const authenticator = new FakeAuthenticator({ status, text: '' });
    const mechanism = guarded(authenticator);
    expect(() => mechanism.produce()).toThrow(expect.objectContaining({ status }));
    mechanism.consume(READY);
    expect(mechanism.status).toBe('handshaking');
    expect(() => mechanism.produce()).toThrow(expect.objectContaining({ status }));
  });

  it('takes the question back', () => {
    const authenticator = new FakeAuthenticator();
    const mechanism = guarded(authenticator);
    mechanism.produce();
    mechanism.abandon();
    expect(authenticator.cancelled).toBe(1);
  });

  it('refuses a second READY', () => {
    const mechanism = guarded(new FakeAuthenticator());
    mechanism.produce();
    mechanism.consume(READY);
    expect(() => mechanism.consume(READY)).toThrow(expect.objectContaining({ code: 'ERR_ZMTP_UNEXPECTED_COMMAND' }));
  });
});
