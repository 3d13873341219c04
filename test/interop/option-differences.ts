/** Where an option of ours answers otherwise than npm zeromq's, and is meant to. The only list of them. */
interface Difference {
  readonly options: readonly string[];
  /** Outcomes in the words of `options-probe.mjs`. */
  readonly ours: RegExp;
  readonly theirs: RegExp;
  readonly reason: string;
}

const differences: readonly Difference[] = [
  {
    options: ['outBatchSize'],
    ours: /^ok: 262144$/,
    theirs: /^ok: 8192$/,
    reason: 'our writes gather more by default: it is faster',
  },
  {
    options: ['reconnectStop'],
    ours: /^EINVAL$/,
    theirs: /^ok: /,
    reason: 'bits without a meaning are a mistake',
  },
  {
    options: ['affinity'],
    ours: /^EINVAL$/,
    theirs: /^ok: 0$/,
    reason: 'a negative mask becomes 0 there, although -1 means all bits to whoever writes it',
  },
  {
    options: ['heartbeatTimeToLive'],
    ours: /^EINVAL$/,
    theirs: /^ok: 0$/,
    reason: 'negative times that round to 0 are no times',
  },
  {
    options: ['busyPoll'],
    ours: /^EINVAL$/,
    theirs: /^ok$/,
    reason: 'the system takes no negative time',
  },
  {
    options: ['useFd', 'interface'],
    ours: /^ENOTSUP$/,
    theirs: /^ok: /,
    reason: 'Node.js cannot do it',
  },
  {
    options: ['interface'],
    ours: /^EINVAL$/,
    theirs: /^ok: "x{16}"$/,
    reason: 'no device of Linux has a name of 16 bytes; libzmq counts the byte behind it',
  },
  {
    options: ['ipcFilterPid', 'ipcFilterUid', 'ipcFilterGid'],
    ours: /^ENOTSUP$/,
    theirs: /^ok$/,
    reason: 'Node.js does not show who connects',
  },
  {
    options: ['vmciBufferSize', 'vmciBufferMinSize', 'vmciBufferMaxSize', 'vmciConnectTimeout'],
    ours: /^ENOTSUP$|^ok: -1$/,
    theirs: /^EINVAL$/,
    reason: 'no VMCI on either side: here it says so, and the default may be set',
  },
];

const used = new Set<Difference>();

/** Why the two outcomes differ, or undefined. */
export function reasonOf(option: string, ours: string, theirs: string): string | undefined {
  const found = differences.find(
    (row) => row.options.includes(option) && row.ours.test(ours) && row.theirs.test(theirs),
  );
  if (found !== undefined) used.add(found);
  return found?.reason;
}

/** Reasons that `reasonOf` never gave. */
export function unusedReasons(): string[] {
  return differences.filter((row) => !used.has(row)).map(({ reason }) => reason);
}
