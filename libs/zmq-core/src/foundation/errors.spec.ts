import { constants } from 'node:os';
import { errnoOf, ProtocolError, protocolErrors, ZmqError } from './errors.js';

describe('ZmqError', () => {
  it('has the properties of npm zeromq, in its order', () => {
    const error = new ZmqError('EADDRINUSE', undefined, { address: 'tcp://x:1' });
    expect(Object.entries(error)).toEqual([
      ['errno', constants.errno.EADDRINUSE],
      ['code', 'EADDRINUSE'],
      ['address', 'tcp://x:1'],
    ]);
    expect(error.message).toBe('Address already in use');
  });

  it('has no address and no cause where there is none', () => {
    const error = new ZmqError('EAGAIN');
    expect(Object.keys(error)).toEqual(['errno', 'code']);
    expect(['address' in error, 'cause' in error]).toEqual([false, false]);
  });

  it('has a name and a stack that show what it is', () => {
    const error = new ZmqError('EINVAL', 'say it otherwise');
    expect(error).toBeInstanceOf(Error);
    expect([error.name, String(error)]).toEqual(['ZmqError', 'ZmqError: Invalid argument: say it otherwise']);
    expect(error.stack).toContain('errors.spec');
  });

  it('keeps its cause', () => {
    const cause = new Error('why');
    expect(new ZmqError('EINVAL', 'x', { cause }).cause).toBe(cause);
  });
});

describe('errnoOf', () => {
  it('knows the numbers of the system, and those of libzmq where the system has none', () => {
    expect([errnoOf('EAGAIN'), errnoOf('EFSM'), errnoOf('ETERM'), errnoOf('ENOCOMPATPROTO')]).toEqual([
      constants.errno.EAGAIN,
      156384763,
      156384765,
      156384764,
    ]);
  });

  it('is 0 for what nobody knows', () => {
    expect(errnoOf('ENONSENSE')).toBe(0);
  });
});

describe('ProtocolError', () => {
  it('carries the event value of libzmq', () => {
    const error = new ProtocolError('ERR_ZMTP_INVALID_METADATA', 'a value is cut off');
    expect([error.name, error.errno, error.message]).toEqual([
      'ProtocolError',
      0x10000018,
      'ZMTP protocol error: a value is cut off',
    ]);
  });

  it('has a value of its own for each code', () => {
    const values = Object.values(protocolErrors);
    expect(new Set(values).size).toBe(values.length);
  });
});
