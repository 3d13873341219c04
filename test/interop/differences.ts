/**
 * Where we do not do what npm `zeromq` does, on purpose. This is the only list:
 * `docs/migrating-from-zeromq.md` shows it, and a test reads the two against each other.
 */
export interface Difference {
  /**
   * What is compared: `surface` by `test/package`, all others beside this file. `own options`
   * are those of `@nest-zmq/core`, the rest is about the drop-in entries.
   */
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
const outBatch = {
  what: 'the default of ZMQ_OUT_BATCH_SIZE, by number',
  reason: 'one write is a batch of 256 KiB here: it is faster',
};
const reconnectStop = {
  what: 'ZMQ_RECONNECT_STOP by number',
  reason: 'bits that mean nothing are a mistake',
};
const ipcFilters = {
  what: 'ZMQ_IPC_FILTER_PID, _UID, _GID by number',
  reason: 'Node.js does not show who connects over ipc, and nobody must pass unchecked',
};
const noTarget = {
  what: '`connect` to no host or port, to a port above 65535, or from such a source',
  reason: 'they are mistakes, and EINVAL; libzmq dials something else, or nothing, for ever',
};
const methods = {
  what: '`send`, `receive`, `join`, `leave` and the iterator',
  reason: 'each is on the classes that can do it; npm has them on all, where they wait for ever',
};

export const differences: readonly Difference[] = [
  {
    topic: 'construction',
    names: /^(Socket|Context|Observer|Proxy)\(\)$/,
    what: '`Socket()`, `Context()`, `Observer()`, `Proxy()` without `new`',
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
    topic: 'security',
    names: /^a (server|client) with.*: bind and connect$/,
    what: 'CURVE with a key that is missing',
    reason: '`bind` and `connect` say so, with EINVAL; in npm the handshakes fail',
    ours: [{ rejects: { own: { code: 'EINVAL' } } }, { rejects: { own: { code: 'EINVAL' } } }],
  },

  {
    topic: 'numbers',
    names: /\((58|59|60)\) takes$/,
    ...ipcFilters,
    ours: [],
  },
  { topic: 'numbers', names: /(setStringOption\(92\) takes|getStringOption\(92\) then)$/, ...device },
  {
    topic: 'numbers',
    names: /get(Int32|Uint32)Option\(102\)$/,
    ...outBatch,
  },
  {
    topic: 'numbers',
    names: /(set(Int32|Uint32)Option\(109\) takes|get(Int32|Uint32)Option\(109\) then)$/,
    ...reconnectStop,
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

  // Names are `<option>: <ours>, not <theirs>`, in the words of `options-probe.mjs`.
  { topic: 'own options', names: /^outBatchSize: ok: 262144, not ok: 8192$/, ...outBatch },
  { topic: 'own options', names: /^reconnectStop: EINVAL, not ok: /, ...reconnectStop },
  { topic: 'own options', names: /^heartbeatTimeToLive: EINVAL, not ok: 0$/, ...negative },
  { topic: 'own options', names: /^busyPoll: EINVAL, not ok$/, ...negative },
  { topic: 'own options', names: /^interface: ENOTSUP, not ok: /, ...device },
  { topic: 'own options', names: /^ipcFilter(Pid|Uid|Gid): ENOTSUP, not ok$/, ...ipcFilters },
  {
    topic: 'own options',
    names: /^affinity: EINVAL, not ok: 0$/,
    what: '`affinity` below 0, on `@nest-zmq/core`',
    reason: 'it is a mistake; npm makes 0 of it, although -1 means all bits to whoever writes it',
  },
  {
    topic: 'own options',
    names: /^interface: EINVAL, not ok: "x{16}"$/,
    what: 'an `interface` of 16 bytes, on `@nest-zmq/core`',
    reason: 'no device of Linux has such a name; libzmq counts the byte behind it',
  },
  {
    topic: 'own options',
    names: /^useFd: ENOTSUP, not ok: /,
    what: '`useFd`, which is on `@nest-zmq/core` only',
    reason: 'Node.js cannot bind or connect a descriptor that is open already',
  },
  {
    topic: 'own options',
    names: /^vmci(Buffer(Min|Max)?Size|ConnectTimeout): (ENOTSUP|ok: -1), not EINVAL$/,
    what: 'the VMCI options, on `@nest-zmq/core`',
    reason: 'there is no VMCI on either side: here the error says so, and the default may be set',
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
    topic: 'unwanted',
    names: /^PAIR: a second one is told$/,
    what: 'a second peer of a PAIR',
    reason: 'its connection is refused, and both sides are told; libzmq lets it stay, and send into nothing',
    ours: true,
  },
  {
    topic: 'unwanted',
    names: /^handover: who had the name is told$/,
    what: '`handover`',
    reason: 'the connection that had the routing id is ended; libzmq lets it stay, and send into nothing',
    ours: true,
  },
  {
    topic: 'unwanted',
    names: /^REQ: what it gets$/,
    what: 'a reply to a REQ that has no empty part in front',
    reason: 'it is dropped, and the next one counts; libzmq ends the connection, and the answer is lost',
    ours: { resolves: ['bytes answer'] },
  },
  {
    topic: 'unwanted',
    names: /^conflate: several parts$/,
    what: '`conflate`, and messages of several parts',
    reason: 'the newest message is kept whole; libzmq keeps its last part',
    ours: ['bytes c', 'bytes d', 'bytes e'],
  },

  {
    topic: 'addresses',
    names: /connect (tcp:\/\/:5|tcp:\/\/127\.0\.0\.1:99999)$/,
    ...noTarget,
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

  // Names are those of `address-cases.ts`.
  {
    topic: 'endpoints',
    names: /^bind tcp:\/\/(127\.0\.0\.1|\[::1\]):(\+5| 5|5x|-1|1\.5|70000|99999999999)(, with ipv6)?$/,
    what: '`bind` to a port that is no number up to 65535',
    reason: 'it is a mistake, and EINVAL; libzmq takes what it begins with, and of that the last 16 bits',
    ours: 'EINVAL',
  },
  {
    topic: 'endpoints',
    names: /^connect tcp:\/\/(127\.0\.0\.1:(0x9|1\.5|9x|65536|70000|99999999999)|127\.0\.0\.1:70000;127\.0\.0\.1:9)$/,
    ...noTarget,
    ours: 'EINVAL',
  },
  {
    topic: 'endpoints',
    names: /^connect tcp:\/\/(:9|\[\*\]:9|<x 300 times>:9|\[::1\]?, with ipv6)$/,
    ...noTarget,
    ours: 'EINVAL',
  },
  {
    topic: 'endpoints',
    names:
      /^connect tcp:\/\/(127\.0\.0\.1:0;|127\.0\.0\.1:0;\*:9|127\.0\.0\.1:0;127\.0\.0\.1|:0;127\.0\.0\.1:9|a;b;127\.0\.0\.1:9)$/,
    ...noTarget,
    ours: 'EINVAL',
  },
  {
    topic: 'endpoints',
    names: /^connect tcp:\/\/(::1|\[::1\]:0;127\.0\.0\.1|\[::1\]):9$/,
    what: '`connect` to or from an IPv6 address without `ipv6`',
    reason: 'it cannot be had, and is ENODEV; libzmq tries for ever',
    ours: 'ENODEV',
  },
  {
    topic: 'endpoints',
    names: /^connect tcp:\/\/\*(:[*0])?;/,
    what: '`connect` from `*`',
    reason: 'any address as the source is no source; libzmq wants one that it can bind',
    ours: 'ok',
  },
  {
    topic: 'endpoints',
    names: /^connect tcp:\/\/127\.0\.0\.1:(0|9|65535)$/,
    what: '`disconnect` by another name of the host',
    reason: 'it is ENOENT: no name is looked up for it, the event loop would stand still',
    ours: 'ok',
  },
  {
    topic: 'endpoints',
    names: /^bind tcp:\/\/127\.0\.0\.1:\*;127\.0\.0\.1:\*$/,
    what: '`bind` with a source',
    reason: 'a source is for `connect`, so it is EINVAL; libzmq leaves it out silently',
    ours: 'EINVAL',
  },
  {
    topic: 'endpoints',
    names: /^bind tcp:\/\/(127\.0\.0\.1|localhost):\*, with ipv6$/,
    what: '`lastEndpoint` of an IPv4 address with `ipv6`',
    reason: 'it is told as it is, not as an IPv6 socket of the system would see it',
    ours: 'ok',
  },
  {
    topic: 'endpoints',
    names: /^bind tcp:\/\/\[::1\], with ipv6$/,
    what: '`bind` to an IPv6 address without a port',
    reason: 'it is the port that is missing, so it is EINVAL',
    ours: 'EINVAL',
  },
  {
    topic: 'endpoints',
    names: /^bind tcp:\/\/%:\*$/,
    what: '`bind` to the host `%`',
    reason: 'it is no host, and ENODEV as others that are none',
    ours: 'ENODEV',
  },
  {
    topic: 'endpoints',
    names: /^bind ipc:\/\/<directory>\/file$/,
    what: '`bind` to the path of a file that is no socket',
    reason: 'EADDRINUSE: only a socket that nobody listens at makes room; libzmq deletes whatever file is there',
    ours: 'EADDRINUSE',
  },
  {
    topic: 'endpoints',
    names: /^connect ipc:\/\/\*x?$/,
    what: '`connect` to `ipc://*`',
    reason: 'a wildcard cannot be connected to, and is EINVAL; libzmq tries for ever',
    ours: 'EINVAL',
  },
  {
    topic: 'endpoints',
    names: /^(bind|connect|unbind|disconnect) ws:/,
    what: '`ws://`',
    reason: 'there is no ws transport yet: EPROTONOSUPPORT',
    ours: 'EPROTONOSUPPORT',
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
    names: /^callbacks of messages to nobody when their socket is closed$/,
    what: 'v5: callbacks of messages that wait when their socket is closed',
    reason: 'each is called with an error; npm forgets all but the first',
    ours: Array.from({ length: 3 }, () => ({ own: { code: 'EHOSTUNREACH' } })),
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
