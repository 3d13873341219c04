/*
 * What we aim for: a row a target, judged case by case and by medians.
 *
 *   against    { contender }           the same case of another contender; a ratio of the figures
 *              { case }                another case of the same contender; a ratio of the costs
 *              { case, relativeTo }    the same, over what the two cases cost another contender
 *              absent                  nothing: the figure itself, in `unit`
 *   atLeast, atMost                    what is wanted; with neither the row is there to compare
 */
const SIZES = ['10 B', '64 B', '256 B', '1024 B', '4096 B', '16384 B'];
const MIDDLE_SIZES = ['1024 B', '4096 B'];
const OTHER_SIZES = SIZES.filter((size) => !MIDDLE_SIZES.includes(size));
const IN_FLIGHT = ['1', '64', '512'];

const libzmq = { contender: 'libzmq' };
const npm = { contender: 'npm' };
const nestTcp = { contender: 'nest-tcp' };
const ours = { contender: 'ours' };
const nest = { contender: 'nest-zmq' };

const pushPull = { scenario: 'push-pull', against: libzmq };
const byPromises = { contender: 'ours-promises', scenario: 'push-pull', against: npm };
const pubSub = { ...ours, scenario: 'pub-sub', against: libzmq };
const roundTrip = { ...ours, scenario: 'round-trip', cases: ['64 B'] };
const curve = { scenario: 'curve', against: libzmq };
const fanOut = { ...ours, scenario: 'fan-out', against: libzmq };
const nestCalls = { ...nest, scenario: 'nest-calls', against: nestTcp };

export const targets = [
  {
    text: 'PUSH → PULL at 10–256 B and 16 KiB, rate over libzmq’s',
    ...pushPull,
    ...ours,
    cases: OTHER_SIZES,
    atLeast: 1.5,
  },
  { text: 'PUSH → PULL at 1–4 KiB, rate over libzmq’s', ...pushPull, ...ours, cases: MIDDLE_SIZES, atLeast: 2 },
  {
    text: 'PUSH → PULL, each process pinned to a core, rate over libzmq’s',
    ...ours,
    scenario: 'push-pull-pinned',
    against: libzmq,
    cases: SIZES,
  },
  {
    text: 'PUB → SUB at 10–256 B and 16 KiB, received, rate over libzmq’s',
    ...pubSub,
    cases: OTHER_SIZES,
    atLeast: 1.5,
  },
  { text: 'PUB → SUB at 1–4 KiB, received, rate over libzmq’s', ...pubSub, cases: MIDDLE_SIZES, atLeast: 2 },
  {
    text: 'PUSH → PULL by promises at 10–64 B, rate over npm zeromq’s',
    ...byPromises,
    cases: ['10 B', '64 B'],
    atLeast: 6,
  },
  { text: 'PUSH → PULL by promises at 256 B, rate over npm zeromq’s', ...byPromises, cases: ['256 B'], atLeast: 4 },
  { text: 'PUSH → PULL by promises at 1 KiB, rate over npm zeromq’s', ...byPromises, cases: ['1024 B'], atLeast: 1.5 },
  {
    text: 'PUSH of ours → PULL of libzmq, rate over libzmq alone',
    ...pushPull,
    contender: 'ours→libzmq',
    cases: SIZES,
    atLeast: 0.95,
  },
  {
    text: 'PUSH of libzmq → PULL of ours, rate over libzmq alone',
    ...pushPull,
    contender: 'libzmq→ours',
    cases: SIZES,
    atLeast: 0.95,
  },
  { text: 'REQ ⇄ REP, time over libzmq’s', ...roundTrip, against: libzmq, atMost: 0.85 },
  { text: 'REQ ⇄ REP, time over raw node:net’s', ...roundTrip, against: { contender: 'net' }, atMost: 1.3 },
  {
    text: 'REQ ⇄ REP with busyPoll, time over libzmq’s',
    ...roundTrip,
    contender: 'ours-polling',
    against: libzmq,
  },
  {
    text: 'REQ ⇄ REP, each process pinned to a core, time over libzmq’s',
    ...roundTrip,
    scenario: 'round-trip-pinned',
    against: libzmq,
  },
  {
    text: 'CURVE at 1 KiB with sodium-native, rate over libzmq’s',
    ...curve,
    contender: 'ours-native',
    cases: ['1024 B'],
    atLeast: 1,
  },
  {
    text: 'CURVE at 1 KiB by WebAssembly, rate over libzmq’s',
    ...curve,
    contender: 'ours-wasm',
    cases: ['1024 B'],
    atLeast: 0.7,
  },
  { text: 'Fan-out to 50 at 64 B, rate over libzmq’s', ...fanOut, cases: ['64 B'], atLeast: 1 },
  { text: 'Fan-out to 50 at 1 KiB, rate over libzmq’s', ...fanOut, cases: ['1024 B'], atLeast: 1.5 },
  {
    // A search through them all would cost thousands of times as much. What is left is memory further away, for libzmq as well.
    text: 'Cost of one message, 100,000 subscriptions over 1, over the same of libzmq',
    ...ours,
    scenario: 'subscriptions',
    against: { case: '1', relativeTo: 'libzmq' },
    cases: ['100,000'],
    atMost: 1.3,
  },
  {
    text: 'Cost of one message, 100,000 subscriptions over 1',
    ...ours,
    scenario: 'subscriptions',
    against: { case: '1' },
    cases: ['100,000'],
  },
  {
    text: 'inproc, rate over libzmq’s',
    ...ours,
    scenario: 'inproc',
    against: libzmq,
    cases: ['10 B', '1024 B', '16384 B'],
    atLeast: 2,
  },
  { text: 'Nest calls, 1 in flight, rate over Nest TCP’s', ...nestCalls, cases: ['1'], atLeast: 1.25 },
  {
    text: 'Nest calls with busyPoll, rate over Nest TCP’s',
    ...nestCalls,
    contender: 'nest-zmq-polling',
    cases: IN_FLIGHT,
  },
  { text: 'Nest calls, many in flight, rate over Nest TCP’s', ...nestCalls, cases: ['64', '512'], atLeast: 2 },
  {
    text: 'Nest calls, each process pinned to a core, rate over Nest TCP’s',
    ...nestCalls,
    scenario: 'nest-calls-pinned',
    cases: IN_FLIGHT,
  },
  {
    text: 'Nest calls, 512 in flight, 99th percentile over Nest TCP’s',
    ...nest,
    scenario: 'nest-latency',
    against: nestTcp,
    cases: ['512'],
    atMost: 0.5,
  },
  {
    text: 'Nest calls to a frozen server, the latest of 1,000 after its deadline',
    ...nest,
    scenario: 'nest-deadlines',
    cases: ['0', '64', '512'],
    unit: 'ms',
    atMost: 50,
  },
  {
    text: 'Memory of one more idle peer of a ROUTER',
    ...ours,
    scenario: 'peers-memory',
    cases: ['one peer'],
    unit: 'KB',
    atMost: 20,
  },
  {
    text: 'CPU of one message, 1,000 peers over 1, over the same of raw node:net',
    ...ours,
    scenario: 'peers-cpu',
    against: { case: '1 peer', relativeTo: 'net' },
    cases: ['1,000 peers'],
    atMost: 1.3,
  },
  {
    // A thousandth of one core: what any Node process does now and then.
    text: 'CPU of a ROUTER whose peers are idle, by minute',
    ...ours,
    scenario: 'idle-cpu',
    cases: ['1,000 peers'],
    unit: 's',
    atMost: 0.06,
  },
  {
    text: 'Cost of one message, 10 M messages over 1 M',
    ...ours,
    scenario: 'linear',
    against: { case: '1 M' },
    cases: ['10 M'],
    atMost: 1.25,
  },
  {
    text: 'Peak memory, 10 M messages over 1 M',
    ...ours,
    scenario: 'linear-memory',
    against: { case: '1 M' },
    cases: ['10 M'],
    atMost: 1.25,
  },
];
