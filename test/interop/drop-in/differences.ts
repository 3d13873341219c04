/**
 * Where the drop-in entries do not do what npm `zeromq` does, on purpose. This is the only
 * list: `docs/migrating-from-zeromq.md` shows it, and a test reads the two against each other.
 */
export interface Difference {
  /** The topic, as its file. */
  readonly topic: string;
  /** The names of what is seen. */
  readonly names: RegExp;
  /** What it is about, for a reader of the documentation. */
  readonly what: string;
  readonly reason: string;
  /** What ours gives instead: all that is here is in it. Where it is missing, it is not the same for all names. */
  readonly ours?: unknown;
}

/** What is seen of a library that cannot do something. */
const refused = { throws: { text: 'Error: Operation not supported', own: { errno: 95, code: 'ENOTSUP' } } };
const invalid = { throws: { text: 'Error: Invalid argument', own: { errno: 22, code: 'EINVAL' } } };

const device = {
  what: '`interface`',
  reason: 'Node.js cannot bind to a device, and other traffic must not pass silently',
};
const udp = { what: '`Datagram`, and `udp://`', reason: 'there is no udp transport yet: ENOTSUP, EPROTONOSUPPORT' };
const negative = {
  what: 'negative times: `heartbeatTimeToLive`, ZMQ_BUSY_POLL',
  reason: 'they are mistakes; libzmq rounds them to 0, or keeps them',
};
const forgotten = {
  what: '`plainUsername`, `plainPassword` that were taken away',
  reason: 'they are gone; libzmq still shows them',
};
const methods = {
  what: '`send`, `receive`, `join`, `leave` and the iterator',
  reason: 'each is on the classes that can do it; npm has them on all, where they wait for ever',
};

export const differences: readonly Difference[] = [
  {
    topic: 'construction',
    names: /^Socket\(\)$/,
    what: '`Socket()` without `new`',
    reason: "the text is V8's for a class, and names it",
    ours: { throws: { class: 'TypeError' } },
  },

  {
    topic: 'library',
    names: /^capability\.tipc$/,
    what: '`capability.tipc`',
    reason: 'Node.js has no TIPC sockets',
    ours: false,
  },
  {
    topic: 'library',
    names: /^the options that were given$/,
    what: 'the `options` object of a constructor',
    reason: 'npm deletes its `context`; here it stays as it was',
    ours: ['context', 'linger'],
  },

  { topic: 'options', names: /^Dealer\.interface = (?!null|""|1$|"25)/, ...device, ours: refused },
  {
    topic: 'options',
    names: /^Dealer\.affinity = NaN$/,
    what: '`affinity = NaN`',
    reason: 'what C makes of it depends on the processor; here it is 0',
    ours: { gives: 0 },
  },
  { topic: 'options', names: /^Dealer\.heartbeatTimeToLive = -[12]$/, ...negative, ours: invalid },
  {
    topic: 'options',
    names: /^Dealer\.maxMessageSize = -2$/,
    what: '`maxMessageSize` below -1',
    reason: 'no limit is -1, whichever negative number said so',
    ours: { gives: -1 },
  },
  {
    topic: 'options',
    names: /^Dealer\.tcpAcceptFilter = "::1"$/,
    what: '`tcpAcceptFilter` of an IPv6 address',
    reason: 'it is taken before `ipv6` is set as well',
  },

  {
    topic: 'security',
    names: /^\d+: then shows$/,
    ...forgotten,
  },

  {
    topic: 'numbers',
    names: /\((58|59|60)\) takes$/,
    what: 'ZMQ_IPC_FILTER_PID, _UID, _GID by number',
    reason: 'Node.js does not show who connects over ipc, and nobody must pass unchecked',
    ours: [],
  },
  { topic: 'numbers', names: /(setStringOption\(92\) takes|getStringOption\(92\) then)$/, ...device },
  {
    topic: 'numbers',
    names: /get(Int32|Uint32)Option\(102\)$/,
    what: 'the default of ZMQ_OUT_BATCH_SIZE, by number',
    reason: 'one write is a batch of 256 KiB here: it is faster',
  },
  {
    topic: 'numbers',
    names: /(set(Int32|Uint32)Option\(109\) takes|get(Int32|Uint32)Option\(109\) then)$/,
    what: 'ZMQ_RECONNECT_STOP by number',
    reason: 'bits that mean nothing are a mistake',
  },
  {
    topic: 'numbers',
    names: /set(Int32|Uint32)Option\((74|93|94|96)\) takes$/,
    what: 'ZMQ_INVERT_MATCHING, _ZAP_ENFORCE_DOMAIN, _LOOPBACK_FASTPATH, _MULTICAST_LOOP by number',
    reason: 'a switch is 0 or 1',
  },
  { topic: 'numbers', names: /set(Int32|Uint32)Option\((76|113)\) takes$/, ...negative },
  {
    topic: 'numbers',
    names: /^Router set(Bool|Int32|Uint32)Option\(41\) takes$/,
    what: 'ZMQ_ROUTER_RAW by number',
    reason: 'it is deprecated: a STREAM socket does it',
    ours: [],
  },

  {
    topic: 'warnings',
    names: /^warnings of (an option without effect|a number beyond the safe ones)$/,
    what: 'an option that Node.js has no means for',
    reason: 'it is kept, does nothing, and says so, once a process; all are in [options](options.md)',
  },

  {
    topic: 'messages',
    names: /^(send|receive) a data view$/,
    what: 'a `DataView` as a message',
    reason: 'its bytes are sent; npm throws',
  },
  {
    topic: 'messages',
    names: /^receive a shared array buffer$/,
    what: 'a `SharedArrayBuffer` as a message',
    reason: 'its bytes are sent; npm sends the text `[object SharedArrayBuffer]`, against its own types',
    ours: [true, ['bytes EF']],
  },

  {
    topic: 'waiting',
    names: /^send of nothing while busy$/,
    what: '`send([])` while another `send` waits',
    reason: 'a message of no parts is never sent, so it need not wait',
    ours: { resolves: 'undefined' },
  },

  {
    topic: 'patterns',
    names: /^ROUTER: a second peer of the same name$/,
    what: 'a second peer with a routing id that is in use, without `handover`',
    reason: 'its connection is refused, and both sides are told; libzmq lets it send into nothing',
    ours: ['EAGAIN', 'EAGAIN'],
  },
  {
    topic: 'patterns',
    names: /^conflate, Push, receiving$/,
    what: '`conflate` over `inproc://`',
    reason: 'it counts for the socket that has it, as over the other transports; libzmq asks only who connects',
    ours: [['bytes c'], 'EAGAIN'],
  },
  {
    topic: 'addresses',
    names: /connect (tcp:\/\/:5|tcp:\/\/127\.0\.0\.1:99999)$/,
    what: '`connect` to no host, or to a port above 65535',
    reason: 'they are mistakes, and EINVAL; libzmq dials something else for ever',
  },
  {
    topic: 'addresses',
    names: /^ipc: bound twice$/,
    what: '`bind` to an `ipc://` path that somebody listens on',
    reason: 'EADDRINUSE, as on the other transports; libzmq takes the path away from who has it',
    ours: { rejects: { own: { code: 'EADDRINUSE' } } },
  },
  {
    topic: 'addresses',
    names: /^unbindSync$/,
    what: '`unbindSync`',
    reason: 'it unbinds; npm binds once more, and throws EADDRINUSE',
    ours: { gives: 'undefined' },
  },

  {
    topic: 'events',
    names: /^a bind that fails$/,
    what: 'the `address` of a `bind:error`',
    reason: 'it is the endpoint, with its scheme, as in all events',
    ours: [{ type: 'close' }, { type: 'bind:error', address: '<taken>' }, { type: 'end' }],
  },
  {
    topic: 'events',
    names: /^a pending receive of an observer that is closed$/,
    what: '`events.close()` while a `receive()` waits',
    reason: 'it gets `end`; in npm it is rejected, and with listeners that is a rejection which nobody handles',
    ours: { resolves: { type: 'end' } },
  },

  {
    topic: 'proxies',
    names: /^while it is paused, and after$/,
    what: '`proxy.pause()` and `resume()`',
    reason: 'a proxy of npm pauses some time after it was told, and never goes on',
    ours: [{ rejects: { own: { code: 'EAGAIN' } } }, { resolves: ['bytes two'] }],
  },

  {
    topic: 'memory',
    names: /^a receive whose socket nobody has$/,
    what: 'a pending `receive()` whose socket nobody refers to',
    reason: 'it waits on; npm lets the collector take the socket, and rejects',
  },

  { topic: 'drafts', names: /^(new Datagram\(\)|Radio: connect over udp)$/, ...udp },
  {
    topic: 'drafts',
    names: /^Radio: a long group$/,
    what: 'a `group` of more than 255 bytes',
    reason: 'EINVAL; npm sends to no group at all, without a word',
    ours: { rejects: { own: { code: 'EINVAL' } } },
  },

  {
    topic: 'scripts',
    names: /^taken by a queue that was read in part$/,
    what: 'high-water marks, of a queue that is read',
    reason: 'the writer knows at once how many were read; in libzmq in steps of half the mark',
    ours: { taken: 4 },
  },
  {
    topic: 'scripts',
    names: /^subscriptions that find no room$/,
    what: 'subscriptions of an XSUB with a small `sendHighWaterMark`',
    reason: 'none is lost; npm loses those beyond the mark',
    ours: { first: ['bytes \u0001a'], second: ['bytes \u0001b'] },
  },
  {
    topic: 'scripts',
    names: /^the end of a connection that an XPUB takes back$/,
    what: '`disconnect` of an XPUB',
    reason: 'the end of its topics is told at once; in npm when the peer has read what it was sent',
    ours: { end: ['bytes \u0000a'] },
  },

  { topic: 'surface', names: /^(send|receive|join|leave|Symbol\(Symbol\.asyncIterator\))$/, ...methods },

  {
    topic: 'processes',
    names: /^two threads over inproc$/,
    what: '`inproc://` between worker threads',
    reason: 'each thread has a context of its own; use `ipc://` or `tcp://` between them',
    ours: { code: 0, stdout: 'EAGAIN' },
  },

  { topic: 'v5', names: /^\w+: getsockopt\((45|46)\) then$/, ...forgotten },
  {
    topic: 'v5',
    names: /^\w+: (setsockopt\([67]\)|_(un)?subscribe = .+)$/,
    what: 'v5: ZMQ_SUBSCRIBE and ZMQ_UNSUBSCRIBE on a socket of another type',
    reason: 'the error says what is needed; in npm it is a TypeError about its inside',
  },
  {
    topic: 'v5',
    names: /^errors of a message that waits for a peer when its socket is closed$/,
    what: 'v5: messages that wait for a peer when their socket is closed',
    reason: 'the close is no `error` event, which ends a program without a listener',
    ours: [],
  },
  {
    topic: 'v5',
    names: /^callbacks of messages that wait when their socket is closed$/,
    what: 'v5: callbacks of messages that wait when their socket is closed',
    reason: 'each is called with an error; npm forgets all but the first',
  },
  {
    topic: 'v5',
    names: /^send on a pull$/,
    what: 'v5: `send` on a socket that cannot send',
    reason: 'it is an `error` event, or the error of the callback; in npm a rejection that nobody handles',
  },
  {
    topic: 'v5',
    names: /^rejections that nobody handles$/,
    what: 'v5: `send` on a socket that cannot send',
    reason: 'it is an `error` event, or the error of the callback; in npm a rejection that nobody handles',
    ours: [],
  },
  {
    topic: 'v5',
    names: /^errors of a message that is sent during a bind$/,
    what: 'v5: `send` while a `bind` is under way',
    reason: 'the message waits for the bind, as it did in version 5; in npm it is lost with an `error` event',
    ours: [],
  },
  {
    topic: 'v5',
    names: /^what arrives of 5 messages that are sent right before a close$/,
    what: 'v5: messages that are sent right before `close()`',
    reason: 'all that there is room for are sent; in npm the first one only',
    ours: 5,
  },
  {
    topic: 'v5',
    names: /^errors of a receive that times out$/,
    what: 'v5: ZMQ_RCVTIMEO',
    reason: 'nobody waits for a `message` event, so there is no timeout; npm emits an `error` at each',
    ours: [],
  },
];
