import { jest } from '@jest/globals';
import { Dealer, Publisher, Pull, Push, Router, Subscriber, XPublisher } from '../index.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import { socketTypes } from '../foundation/socket-type.js';
import { showOption } from '../socket/option-check.js';
import { optionById, optionNames, readOnlyOptionNames, readOnlyTable, rowOf } from '../socket/option-table.js';
import type { Socket } from './socket.js';
import * as drafts from './draft-sockets.js';
import * as sockets from './sockets.js';

const classes: Record<SocketTypeName, new (options?: object) => Socket> = {
  PAIR: sockets.Pair,
  PUB: sockets.Publisher,
  SUB: sockets.Subscriber,
  REQ: sockets.Request,
  REP: sockets.Reply,
  DEALER: sockets.Dealer,
  ROUTER: sockets.Router,
  PULL: sockets.Pull,
  PUSH: sockets.Push,
  XPUB: sockets.XPublisher,
  XSUB: sockets.XSubscriber,
  STREAM: sockets.Stream,
  SERVER: drafts.Server,
  CLIENT: drafts.Client,
  RADIO: drafts.Radio,
  DISH: drafts.Dish,
  GATHER: drafts.Gather,
  SCATTER: drafts.Scatter,
  PEER: drafts.PeerSocket,
  CHANNEL: drafts.Channel,
};
const types = Object.keys(socketTypes) as SocketTypeName[];

function open<T extends Socket>(socket: T, test: (socket: T) => void): void {
  try {
    test(socket);
  } finally {
    socket.close();
  }
}

describe('socket options', () => {
  it.each(types)('%s has exactly the options that the table gives it', (type) => {
    const { prototype } = classes[type];
    const own = optionNames.filter((name) => name in prototype);
    expect(own).toEqual(optionNames.filter((name) => rowOf(name).on.includes(type)));
  });

  it('have unique numbers', () => {
    const ids = [
      ...optionNames.map((name) => rowOf(name).id),
      ...readOnlyOptionNames.map((name) => readOnlyTable[name].id),
    ];
    expect(new Set<number>(ids).size).toBe(ids.length);
    for (const name of optionNames) expect(optionById(rowOf(name).id)).toBe(name);
  });

  it.each(types)('of a new %s are the defaults of the table', (type) => {
    open(new classes[type](), (socket) => {
      for (const name of optionNames.filter((option) => rowOf(option).on.includes(type))) {
        const noLinger = name === 'linger' && ['SUB', 'XSUB', 'DISH'].includes(type);
        const expected = noLinger ? 0 : showOption(name, rowOf(name).initial);
        expect([name, socket[name as keyof Socket]]).toEqual([name, expected]);
      }
    });
  });

  it('are arguments of the constructor, in the order given', () => {
    open(new Router({ mandatory: true, sendHighWaterMark: 5, routingId: 'me' }), (router) => {
      expect(router.mandatory).toBe(true);
      expect(router.sendHighWaterMark).toBe(5);
      expect(router.routingId).toBe('me');
    });
  });

  it.each([
    ['sendHighWaterMark', -1, 'EINVAL'],
    ['linger', -2, 'EINVAL'],
    ['heartbeatTimeToLive', 6553600, 'EINVAL'],
    ['routingId', '', 'EINVAL'],
    ['routingId', 'x'.repeat(256), 'EINVAL'],
    ['reconnectJitter', 2, 'EINVAL'],
  ])('%s = %p is refused by name', (name, value, code) => {
    open(new Dealer(), (dealer) => {
      expect(() => Object.assign(dealer, { [name]: value })).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(name) as string }),
      );
    });
  });

  it.each([
    ['sendHighWaterMark', '5', 'sendHighWaterMark must be a number, not "5"'],
    ['immediate', 1, 'immediate must be a boolean, not 1'],
    ['metadata', { 'X-A': 1 }, 'metadata must be a string for X-A, not 1'],
  ])('%s = %p is a TypeError', (name, value, message) => {
    open(new Dealer(), (dealer) => {
      expect(() => Object.assign(dealer, { [name]: value })).toThrow(new TypeError(message));
    });
  });

  it.each([
    ['interface', 'eth0', 'address'],
    ['useFd', 3, 'descriptor'],
    ['ipcFilterUid', 1000, 'permissions'],
  ])('%s = %p is refused with a reason, its default is not', (name, value, reason) => {
    open(new Dealer(), (dealer) => {
      expect(() => Object.assign(dealer, { [name]: value })).toThrow(
        expect.objectContaining({ code: 'ENOTSUP', message: expect.stringContaining(reason) as string }),
      );
      Object.assign(dealer, { [name]: dealer[name as 'useFd'] });
    });
  });

  it.each([
    ['plainPassword', 'swordfish'.repeat(99)],
    ['curveSecretKey', 'swordfish'],
    ['socksPassword', 'swordfish'.repeat(99)],
  ])('a %s is in no error', (name, value) => {
    open(new Dealer(), (dealer) => {
      expect(() => Object.assign(dealer, { [name]: value })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('swordfish') as string }),
      );
    });
  });

  it('what has no effect is kept, and said once', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue();
    try {
      open(new Dealer({ typeOfService: 0 }), () => expect(warn).not.toHaveBeenCalled());
      open(new Dealer({ typeOfService: 8 }), (dealer) => expect(dealer.typeOfService).toBe(8));
      open(new Dealer({ typeOfService: 16 }), (dealer) => expect(dealer.typeOfService).toBe(16));
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/^Socket option typeOfService has no effect: Node/)]]);
    } finally {
      warn.mockRestore();
    }
  });

  it('each accept filter is added to those before, null removes them', () => {
    open(new Dealer({ tcpAcceptFilter: '10.0.0.0/8' }), (dealer) => {
      dealer.tcpAcceptFilter = '::1';
      expect(dealer.tcpAcceptFilter).toBe('10.0.0.0/8,::1');
      dealer.tcpAcceptFilter = null;
      expect(dealer.tcpAcceptFilter).toBeNull();
    });
  });

  it('limits in bytes count at once', () => {
    open(new Push({ linger: 0 }), (push) => {
      push.connect('tcp://127.0.0.1:1');
      push.sendHighWaterMarkBytes = 1000;
      for (const taken of [true, true, false]) expect(push.trySend(Buffer.alloc(600))).toBe(taken);
      push.sendHighWaterMarkBytes = 0;
      expect(push.trySend('one more')).toBe(true);
    });
  });

  it('accept filters count for the next bind', async () => {
    const [pull, push] = [new Pull({ tcpAcceptFilter: '10.0.0.0/8' }), new Push({ linger: 0 })];
    const refused = new Promise<Error>((resolve) => pull.events.on('accept:error', ({ error }) => resolve(error)));
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(pull.lastEndpoint!);
    expect(await refused).toMatchObject({ code: 'EACCES' });
    push.disconnect(pull.lastEndpoint!);
    await pull.unbind(pull.lastEndpoint!);
    pull.tcpAcceptFilter = '127.0.0.1';
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(pull.lastEndpoint!);
    await push.send('in');
    expect(String(await pull.receive())).toBe('in');
    push.close();
    pull.close();
  });

  it('what a socket only tells cannot be set', () => {
    open(new Subscriber(), (subscriber) => {
      expect([subscriber.topicsCount, subscriber.threadSafe]).toEqual([0, false]);
      expect(() => Object.assign(subscriber, { topicsCount: 1 })).toThrow('which has only a getter');
    });
  });

  it('a misspelt option throws: sockets are sealed', () => {
    open(new Push(), (push) => {
      expect(() => Object.assign(push, { sendHighwaterMark: 1 })).toThrow(
        'Cannot add property sendHighwaterMark, object is not extensible',
      );
    });
  });

  it('what the wire carries in tenths of a second is rounded down', () => {
    open(new Dealer({ heartbeatTimeToLive: 299 }), (dealer) => expect(dealer.heartbeatTimeToLive).toBe(200));
  });

  it('names of metadata must begin with X-', () => {
    expect(() => new Dealer({ metadata: { Hello: 'x' } })).toThrow(/metadata.*"X-"/);
  });

  it('a publisher cannot receive and a subscriber cannot send, at run time too', () => {
    open(new Publisher(), (publisher) => expect('receive' in publisher).toBe(false));
    open(new Subscriber(), (subscriber) => expect('send' in subscriber).toBe(false));
    open(new XPublisher(), (xpublisher) => expect('receive' in xpublisher && 'send' in xpublisher).toBe(true));
  });
});
