/** Where an endpoint fares otherwise here than in npm zeromq, on purpose. */
export interface AddressDifference {
  /** Of the cases, see `nameOf`. */
  readonly names: RegExp;
  readonly reason: string;
  /** What comes of it here: `ok`, or the error's code. */
  readonly ours: string;
}

export const addressDifferences: readonly AddressDifference[] = [
  {
    names: /^bind tcp:\/\/(127\.0\.0\.1|\[::1\]):(\+5| 5|5x|-1|1\.5|70000|99999999999)(, with ipv6)?$/,
    reason: 'a port is a number up to 65535; libzmq takes what it begins with, and of that the last 16 bits',
    ours: 'EINVAL',
  },
  {
    names: /^connect tcp:\/\/(127\.0\.0\.1:(0x9|1\.5|9x|65536|70000|99999999999)|127\.0\.0\.1:70000;127\.0\.0\.1:9)$/,
    reason: 'the same, to connect to or from',
    ours: 'EINVAL',
  },
  {
    names: /^connect tcp:\/\/(:9|\[\*\]:9|<x 300 times>:9|\[::1\]?, with ipv6)$/,
    reason: 'what is no host, or has no port, is a mistake; libzmq dials something else, or nothing, for ever',
    ours: 'EINVAL',
  },
  {
    names:
      /^connect tcp:\/\/(127\.0\.0\.1:0;|127\.0\.0\.1:0;\*:9|127\.0\.0\.1:0;127\.0\.0\.1|:0;127\.0\.0\.1:9|a;b;127\.0\.0\.1:9)$/,
    reason: 'behind or before a source, too',
    ours: 'EINVAL',
  },
  {
    names: /^connect tcp:\/\/(::1|\[::1\]:0;127\.0\.0\.1|\[::1\]):9$/,
    reason: 'without the option ipv6 an IPv6 address cannot be had, and libzmq tries for ever',
    ours: 'ENODEV',
  },
  {
    names: /^connect tcp:\/\/\*(:[*0])?;/,
    reason: 'any address as the source is no source',
    ours: 'ok',
  },
  {
    names: /^connect tcp:\/\/127\.0\.0\.1:(0|9|65535)$/,
    reason: 'to take a connection back no name is looked up: the event loop would stand still',
    ours: 'ok',
  },
  {
    names: /^bind tcp:\/\/127\.0\.0\.1:\*;127\.0\.0\.1:\*$/,
    reason: 'a source is for connect; libzmq leaves it out silently',
    ours: 'EINVAL',
  },
  {
    names: /^bind tcp:\/\/(127\.0\.0\.1|localhost):\*, with ipv6$/,
    reason: 'the address is told as it is, not as an IPv6 socket of the system would see it',
    ours: 'ok',
  },
  {
    names: /^bind tcp:\/\/\[::1\], with ipv6$/,
    reason: 'it is the port that is missing',
    ours: 'EINVAL',
  },
  {
    names: /^bind tcp:\/\/%:\*$/,
    reason: 'it is no host, as many others',
    ours: 'ENODEV',
  },
  {
    names: /^bind ipc:\/\/<directory>\/file$/,
    reason: 'only a socket that nobody listens at is removed to make room; libzmq deletes whatever file is there',
    ours: 'EADDRINUSE',
  },
  {
    names: /^connect ipc:\/\/\*x?$/,
    reason: 'a wildcard cannot be connected to; libzmq tries for ever',
    ours: 'EINVAL',
  },
  {
    names: /^(bind|connect|unbind|disconnect) ws:/,
    reason: 'there is no ws:// yet',
    ours: 'EPROTONOSUPPORT',
  },
];
