import { bytes } from '../testing/bytes.js';
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
