import type { PipeEnd } from '../../pipe/pipe.js';
import { fill, message, peerInfo, PipeLog, readAll, reason } from '../../testing/pipe-log.js';
import type { PipeBinding, PipeMember } from '../../transport/transport.js';
import { InprocTransport } from './inproc-transport.js';

interface MemberSettings {
  readonly send?: number;
  readonly receive?: number;
  readonly conflate?: boolean;
}

/** A socket that logs what its ends are told. */
class Member implements PipeMember {
  readonly ends: PipeEnd[] = [];
  readonly log = new PipeLog();
  readonly sendMark;
  readonly receiveMark;
  readonly conflate;
  readonly info;
  onAttach: (end: PipeEnd) => void = () => {};

  constructor(type: string, { send = 0, receive = 0, conflate = false }: MemberSettings = {}) {
    this.info = peerInfo(type);
    this.sendMark = { messages: send, bytes: 0 };
    this.receiveMark = { messages: receive, bytes: 0 };
    this.conflate = conflate;
  }

  attach(end: PipeEnd): void {
    end.handler = this.log;
    this.ends.push(end);
    this.log.events.push('attached');
    this.onAttach(end);
  }

  get end(): PipeEnd {
    return this.ends[0]!;
  }
}

const closing = reason('closed');

/** Both orders of bind and connect must come to the same. */
const orders = [
  [
    'bind first',
    (transport: InprocTransport, binder: Member, connecter: Member): PipeBinding[] => [
      transport.bind('x', binder),
      transport.connect('x', connecter),
    ],
  ],
  [
    'connect first',
    (transport: InprocTransport, binder: Member, connecter: Member): PipeBinding[] => {
      const connected = transport.connect('x', connecter);
      return [transport.bind('x', binder), connected];
    },
  ],
] as const;

describe.each(orders)('inproc, %s', (_order, join) => {
  it('joins the two, and tells each who the other is', () => {
    const [binder, connecter] = [new Member('ROUTER'), new Member('DEALER')];
    const bindings = join(new InprocTransport(), binder, connecter);
    expect(bindings.map(({ endpoint }) => endpoint)).toEqual(['inproc://x', 'inproc://x']);
    expect(binder.log.take()).toEqual(['attached', 'peer DEALER 0']);
    expect(connecter.log.take()).toEqual(['attached', 'peer ROUTER 0']);
    connecter.end.send(message('ping'));
    binder.end.send(message('pong'));
    expect([readAll(binder.end), readAll(connecter.end)]).toEqual([['ping'], ['pong']]);
  });

  it.each([
    [2, 2, 4],
    [5, 7, 12],
    [1000, 1000, 2000],
    [0, 7, 5000],
    [5, 0, 5000],
  ])('with a send mark of %d and a receive mark of %d takes %d messages', (send, receive, expected) => {
    const push = new Member('PUSH', { send });
    const pull = new Member('PULL', { receive });
    join(new InprocTransport(), pull, push);
    expect(fill(push.end, 5000)).toBe(expected);
    const [other, opposite] = [new Member('PUSH', { send }), new Member('PULL', { receive })];
    join(new InprocTransport(), other, opposite);
    expect(fill(other.end, 5000)).toBe(expected);
  });

  it('follows marks that change later, of either side', () => {
    const push = new Member('PUSH', { send: 1 });
    const pull = new Member('PULL', { receive: 1 });
    join(new InprocTransport(), pull, push);
    push.end.setMarks({ messages: 5, bytes: 0 }, push.receiveMark);
    expect(fill(push.end)).toBe(6);
    pull.end.setMarks(pull.sendMark, { messages: 3, bytes: 0 });
    expect(fill(push.end)).toBe(2);
  });

  it.each([
    [true, false],
    [false, true],
    [true, true],
  ])('conflates if the sender (%s) or the receiver (%s) does', (ofSender, ofReceiver) => {
    const push = new Member('PUSH', { conflate: ofSender });
    const pull = new Member('PULL', { conflate: ofReceiver });
    join(new InprocTransport(), pull, push);
    fill(push.end, 10);
    expect(readAll(pull.end)).toEqual(['9']);
  });

  it('never conflates subscriptions, and shows them to a publisher at once', () => {
    const pub = new Member('PUB', { conflate: true });
    const sub = new Member('SUB', { conflate: true });
    sub.onAttach = (end) => {
      end.writeAlways(message('+a'));
      end.writeAlways(message('+b'));
      end.flush();
    };
    join(new InprocTransport(), pub, sub);
    expect(pub.log.take()).toEqual(['attached', 'peer SUB 0', 'readable']);
    expect(readAll(pub.end)).toEqual(['+a', '+b']);
    sub.end.writeAlways(message('+c'));
    sub.end.flush();
    expect(pub.log.take()).toEqual(['readable']);
    fill(pub.end, 3);
    expect(readAll(sub.end)).toEqual(['2']);
  });

  it('does not call one socket from within the send of another', async () => {
    const [binder, connecter] = [new Member('PAIR', { receive: 1 }), new Member('PAIR', { send: 1 })];
    join(new InprocTransport(), binder, connecter);
    binder.log.take();
    connecter.log.take();
    fill(connecter.end);
    expect(binder.log.take()).toEqual([]);
    await Promise.resolve();
    expect(binder.log.take()).toEqual(['readable']);
    readAll(binder.end);
    expect(connecter.log.take()).toEqual([]);
    await Promise.resolve();
    expect(connecter.log.take()).toEqual(['writable']);
  });

  it('closes the pipe with the connecter; its messages are still read', async () => {
    const [binder, connecter] = [new Member('PULL'), new Member('PUSH')];
    const [, connected] = join(new InprocTransport(), binder, connecter);
    connecter.end.send(message('last'));
    connected!.close(closing);
    connected!.close(closing);
    expect(readAll(binder.end)).toEqual(['last']);
    await Promise.resolve();
    expect(binder.log.take().at(-1)).toBe('closed closed');
  });

  it('frees the name with the binder, whose pipes live on', () => {
    const transport = new InprocTransport();
    const [binder, connecter, next] = [new Member('PULL'), new Member('PUSH'), new Member('PULL')];
    const [bound] = join(transport, binder, connecter);
    bound!.close(closing);
    transport.bind('x', next);
    bound!.close(closing);
    expect(() => transport.bind('x', new Member('PULL'))).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }) as Error,
    );
    connecter.end.send(message('still'));
    expect([readAll(binder.end), next.ends]).toEqual([['still'], []]);
  });

  it('lets either side refuse the other', () => {
    for (const refuser of ['binder', 'connecter'] as const) {
      const members = { binder: new Member('REP'), connecter: new Member('PUB') };
      members[refuser].log.onPeer = (end) => end.close(reason('EPROTO'));
      const other = refuser === 'binder' ? members.connecter : members.binder;
      join(new InprocTransport(), members.binder, members.connecter);
      // A binder that was refused may never hear of the pipe at all.
      expect(members[refuser].end.open).toBe(false);
      expect(other.ends.every((end) => !end.open)).toBe(true);
      expect(other.log.take().at(-1) ?? 'closed EPROTO').toBe('closed EPROTO');
    }
  });

  it('tells the peer before what it writes when it is told of the other', () => {
    const [binder, connecter] = [new Member('XPUB'), new Member('XSUB')];
    binder.onAttach = (end) => void end.send(message('from attach'));
    connecter.onAttach = (end) => void end.send(message('from attach'));
    join(new InprocTransport(), binder, connecter);
    expect(binder.log.take()).toEqual(['attached', 'peer XSUB 0', 'readable']);
    expect(connecter.log.take()).toEqual(['attached', 'peer XPUB 0']);
    expect([readAll(binder.end), readAll(connecter.end)]).toEqual([['from attach'], ['from attach']]);
  });
});

describe('inproc', () => {
  it('refuses a name that is bound, and says so', () => {
    const transport = new InprocTransport();
    transport.bind('x', new Member('PULL'));
    expect(() => transport.bind('x', new Member('PULL'))).toThrow(
      expect.objectContaining({ name: 'ZmqError', code: 'EADDRINUSE', address: 'inproc://x' }) as Error,
    );
    transport.bind('y', new Member('PULL'));
  });

  it('keeps the names of two contexts apart', () => {
    const [one, two] = [new InprocTransport(), new InprocTransport()];
    const [pull, push] = [new Member('PULL'), new Member('PUSH')];
    one.bind('x', pull);
    two.connect('x', push);
    expect(push.log.take()).toEqual(['attached']);
    two.bind('x', new Member('PULL'));
    expect([push.log.take(), pull.ends]).toEqual([['peer PULL 0'], []]);
  });

  it('gives a connecter without a binder what its own mark allows', async () => {
    const transport = new InprocTransport();
    const push = new Member('PUSH', { send: 3 });
    transport.connect('x', push);
    expect(fill(push.end)).toBe(3);
    push.log.take();
    const pull = new Member('PULL', { receive: 2 });
    transport.bind('x', pull);
    expect(fill(push.end)).toBe(2);
    await Promise.resolve();
    expect(pull.log.take()).toEqual(['attached', 'peer PUSH 0', 'readable']);
    expect(readAll(pull.end)).toHaveLength(5);
  });

  it('tells a connecter that waits for room when somebody binds', async () => {
    const transport = new InprocTransport();
    const push = new Member('PUSH', { send: 1 });
    transport.connect('x', push);
    fill(push.end);
    transport.bind('x', new Member('PULL', { receive: 1 }));
    await Promise.resolve();
    expect(push.log.take()).toEqual(['attached', 'peer PULL 0', 'writable']);
  });

  it('keeps to the mark that a connecter set while it waited', () => {
    const transport = new InprocTransport();
    const pair = new Member('PAIR', { send: 1, receive: 1 });
    transport.connect('x', pair);
    pair.end.setMarks({ messages: 10, bytes: 0 }, { messages: 20, bytes: 0 });
    const binder = new Member('PAIR', { send: 2, receive: 1 });
    transport.bind('x', binder);
    expect([fill(pair.end), fill(binder.end)]).toEqual([11, 22]);
  });

  it('joins all who waited, in their order, and those who come later', () => {
    const transport = new InprocTransport();
    const connecters = Array.from({ length: 1000 }, () => new Member('PUSH'));
    for (const [i, connecter] of connecters.entries()) {
      transport.connect('x', connecter);
      connecter.end.send(message(String(i)));
    }
    const pull = new Member('PULL');
    transport.bind('x', pull);
    transport.connect('x', new Member('PUSH'));
    expect(pull.ends).toHaveLength(1001);
    expect(pull.ends.flatMap(readAll)).toEqual(connecters.map((_, i) => String(i)));
  });

  it('drops the pipe of a connecter that closes before anybody binds', () => {
    const transport = new InprocTransport();
    const [byBinding, byEnd, byEndWithMessages] = [new Member('PUSH'), new Member('PUSH'), new Member('PUSH')];
    const binding = transport.connect('x', byBinding);
    byBinding.end.send(message('lost'));
    binding.close(closing);
    transport.connect('x', byEnd);
    byEnd.end.close(closing);
    transport.connect('x', byEndWithMessages);
    byEndWithMessages.end.send(message('lost'));
    byEndWithMessages.end.close(closing);
    const pull = new Member('PULL');
    transport.bind('x', pull);
    expect(pull.ends).toEqual([]);
  });

  it('lets a socket connect to itself', () => {
    const transport = new InprocTransport();
    const dealer = new Member('DEALER');
    transport.bind('x', dealer);
    transport.connect('x', dealer);
    const [near, far] = dealer.ends;
    near!.send(message('me'));
    expect(readAll(far!)).toEqual(['me']);
  });
});
