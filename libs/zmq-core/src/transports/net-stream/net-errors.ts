import { ZmqError, type ZmqErrorCode } from '../../foundation/errors.js';

/** What `bind` and `listen` of the system may say that our callers know by its code. */
const known: ReadonlySet<string> = new Set<ZmqErrorCode>([
  'EACCES',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EINVAL',
  'EMFILE',
  'ENAMETOOLONG',
  'ENODEV',
  'ENOENT',
  'ENOTSUP',
]);

/** The system's refusal to listen, as the caller of `bind` gets it. A code without a name of ours becomes EINVAL, with the cause. */
export function bindError(error: unknown, endpoint: string): ZmqError {
  if (error instanceof ZmqError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const mapped = code !== undefined && known.has(code) ? (code as ZmqErrorCode) : 'EINVAL';
  return new ZmqError(mapped, `cannot bind to ${endpoint}${wayOut(code, message)}`, {
    address: endpoint,
    cause: error,
  });
}

function wayOut(code: string | undefined, message: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return ': another socket has it';
    case 'EADDRNOTAVAIL':
      return ': no interface of this machine has that address; `*` takes all';
    case 'EACCES':
      return ': this user may not (a port below 1024, or the rights of the directory)';
    case 'EAFNOSUPPORT':
      return ': this machine has no such address family';
    case 'EMFILE':
      return ': this process has too many open files; raise its limit';
    default:
      return ` (${message})`;
  }
}
