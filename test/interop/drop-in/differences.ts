/** Where the drop-in entry does not do what npm `zeromq` does, on purpose. */
export interface Difference {
  /** The topic, as its file. */
  readonly topic: string;
  /** The names of what is seen. */
  readonly names: RegExp;
  readonly reason: string;
  /** What ours gives instead: all that is here is in it. Where it is missing, it is not the same for all names. */
  readonly ours?: unknown;
}

const refused = { throws: { text: 'Error: Operation not supported', own: { errno: 95, code: 'ENOTSUP' } } };
const invalid = { throws: { text: 'Error: Invalid argument', own: { errno: 22, code: 'EINVAL' } } };

const noDevice = 'Node.js cannot bind to a device, and other traffic must not pass silently';
const noCredentials = 'Node.js does not show who connects over ipc, and nobody must pass unchecked';
const noSwitch = 'a switch is 0 or 1';

export const differences: readonly Difference[] = [
  {
    topic: 'construction',
    names: /^Socket\(\)$/,
    reason: "the text is V8's for a class, and names it",
    ours: { throws: { class: 'TypeError' } },
  },

  { topic: 'options', names: /^Dealer\.interface = (?!null|""|1$|"25)/, reason: noDevice, ours: refused },
  {
    topic: 'options',
    names: /^Dealer\.affinity = NaN$/,
    reason: 'what C makes of it depends on the processor',
    ours: { gives: 0 },
  },
  {
    topic: 'options',
    names: /^Dealer\.heartbeatTimeToLive = -[12]$/,
    reason: 'a time is not negative; libzmq rounds these to 0',
    ours: invalid,
  },
  {
    topic: 'options',
    names: /^Dealer\.maxMessageSize = -2$/,
    reason: 'no limit is -1, whichever negative number said so',
    ours: { gives: -1 },
  },
  {
    topic: 'options',
    names: /^Dealer\.tcpAcceptFilter = "::1"$/,
    reason: 'an IPv6 address is taken before `ipv6` is set as well',
  },

  {
    topic: 'security',
    names: /^\d+: then shows$/,
    reason: 'a user name or password that was taken away is gone; libzmq still shows it',
  },

  { topic: 'numbers', names: /\((58|59|60)\) takes$/, reason: noCredentials, ours: [] },
  { topic: 'numbers', names: /(setStringOption\(92\) takes|getStringOption\(92\) then)$/, reason: noDevice },
  {
    topic: 'numbers',
    names: /get(Int32|Uint32)Option\(102\)$/,
    reason: 'ZMQ_OUT_BATCH_SIZE: one write is a batch of 256 KiB here',
  },
  {
    topic: 'numbers',
    names: /(set(Int32|Uint32)Option\(109\) takes|get(Int32|Uint32)Option\(109\) then)$/,
    reason: 'ZMQ_RECONNECT_STOP: bits that mean nothing are a mistake',
  },
  { topic: 'numbers', names: /set(Int32|Uint32)Option\((74|93|94|96)\) takes$/, reason: noSwitch },
  { topic: 'numbers', names: /set(Int32|Uint32)Option\(76\) takes$/, reason: 'a time is not negative' },
  { topic: 'numbers', names: /set(Int32|Uint32)Option\(113\) takes$/, reason: 'a time is not negative' },
  {
    topic: 'numbers',
    names: /^Router set(Bool|Int32|Uint32)Option\(41\) takes$/,
    reason: 'ZMQ_ROUTER_RAW is deprecated: a STREAM socket does it',
    ours: [],
  },

  {
    topic: 'warnings',
    names: /^warnings of (an option without effect|a number beyond the safe ones)$/,
    reason: 'an option that does nothing here says so, once a process',
  },

  {
    topic: 'waiting',
    names: /^send of nothing while busy$/,
    reason: 'a message of no parts is never sent, so it need not wait',
    ours: { resolves: 'undefined' },
  },

  {
    topic: 'addresses',
    names: /connect (tcp:\/\/:5|tcp:\/\/127\.0\.0\.1:99999)$/,
    reason: 'no host, and a port that there is not, are mistakes; libzmq dials something else for ever',
  },

  {
    topic: 'events',
    names: /^a bind that fails$/,
    reason: 'the address is the endpoint, with its scheme',
    ours: [{ type: 'close' }, { type: 'bind:error', address: '<taken>' }, { type: 'end' }],
  },

  {
    topic: 'proxies',
    names: /^while it is paused, and after$/,
    reason: 'a proxy of npm pauses some time after it was told, and never goes on',
    ours: [{ rejects: { own: { code: 'EAGAIN' } } }, { resolves: ['bytes two'] }],
  },

  {
    topic: 'memory',
    names: /^a receive whose socket nobody has$/,
    reason: 'npm lets the collector take a socket that somebody waits for',
  },

  {
    topic: 'drafts',
    names: /^Radio: a long group$/,
    reason: 'npm sends to no group at all, without a word',
    ours: { rejects: { own: { code: 'EINVAL' } } },
  },

  {
    topic: 'scripts',
    names: /^Dealer and Dealer, script 8$/,
    reason: 'whose turn it is when one of several connections has ended is not laid down',
  },
  {
    topic: 'scripts',
    names: /^XPublisher and XSubscriber, script 2$/,
    reason: 'in which order the ends of the topics of a lost subscriber are told is not laid down',
  },
];
