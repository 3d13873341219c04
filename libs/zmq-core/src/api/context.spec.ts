import { jest } from '@jest/globals';
import { Context, Push } from '../index.js';
import { contextOptionNames, contextRowOf } from '../socket/context-option-table.js';

describe('context options', () => {
  it('of a new context are the defaults of the table', () => {
    const context = new Context();
    for (const name of contextOptionNames) expect([name, context[name]]).toEqual([name, contextRowOf(name).initial]);
  });

  it('are arguments of the constructor', () => {
    expect(new Context({ maxSockets: 5, ipv6: true })).toMatchObject({ maxSockets: 5, ipv6: true });
    expect(() => new Context({ maxSocket: 5 } as object)).toThrow(
      'Cannot add property maxSocket, object is not extensible',
    );
  });

  it.each([
    ['ioThreads', -1, 'EINVAL'],
    ['maxSockets', 0, 'EINVAL'],
    ['maxSockets', NaN, 'EINVAL'],
    ['maxMessageSize', -1, 'EINVAL'],
    ['threadPriority', -1, 'EINVAL'],
    ['threadSchedulingPolicy', -1, 'EINVAL'],
  ])('%s = %p is refused by name', (name, value, code) => {
    expect(() => Object.assign(new Context(), { [name]: value })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(name) as string }),
    );
  });

  it.each([
    ['maxSockets', '5', 'maxSockets must be a number, not "5"'],
    ['blocky', 0, 'blocky must be a boolean, not 0'],
    ['maxSocketsLimit', 5, /which has only a getter/],
  ])('%s = %p is a TypeError', (name, value, message) => {
    const set = () => Object.assign(new Context(), { [name]: value });
    expect(set).toThrow(TypeError);
    expect(set).toThrow(message);
  });

  it('count for what is opened later: sockets that are open stay', () => {
    const context = new Context();
    const push = new Push({ context });
    try {
      Object.assign(context, { maxSockets: 1, ipv6: true, blocky: false });
      expect([push.ipv6, push.linger]).toEqual([false, -1]);
      expect(() => new Push({ context })).toThrow(expect.objectContaining({ code: 'EMFILE' }));
    } finally {
      push.close();
    }
    const next = new Push({ context });
    expect([next.ipv6, next.linger]).toEqual([true, 0]);
    next.close();
  });

  it('about threads are kept without effect, which is said once', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue();
    try {
      expect(new Context({ ioThreads: 1 }).ioThreads).toBe(1);
      expect(warn).not.toHaveBeenCalled();
      expect(new Context({ ioThreads: 4 }).ioThreads).toBe(4);
      expect(new Context({ ioThreads: 0 }).ioThreads).toBe(0);
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/^Context option ioThreads has no effect: /)]]);
    } finally {
      warn.mockRestore();
    }
  });
});
