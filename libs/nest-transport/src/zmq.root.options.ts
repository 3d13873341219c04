import { anObject, checkOptions, type OptionChecks, socketChecks } from './zmq.options.check.js';
import type { ZmqServerOptions, ZmqSocketOptions } from './zmq.options.js';

type MarkKeys = 'sendHighWaterMark' | 'receiveHighWaterMark' | 'sendHighWaterMarkBytes' | 'receiveHighWaterMarkBytes';

/** Options that servers, clients and both ends of pools have in common. */
export type ZmqSharedOptions = Omit<ZmqSocketOptions, MarkKeys>;

/** Options of `ZmqModule.forRoot(…)`: defaults for everything of this package that Nest provides here, and the server. */
export interface ZmqRootOptions extends ZmqSharedOptions {
  /** The server of this application, provided as `ZmqServer`: `app.get(ZmqServer)`, `zmqMicroservice()`. */
  server?: ZmqServerOptions | undefined;
}

const {
  sendHighWaterMark: _sendMark,
  receiveHighWaterMark: _receiveMark,
  sendHighWaterMarkBytes: _sendBytes,
  receiveHighWaterMarkBytes: _receiveBytes,
  ...sharedChecks
} = socketChecks;

const rootChecks: OptionChecks<ZmqRootOptions> = { ...sharedChecks, server: anObject };

/** @throws ZmqOptionsError */
export function checkRootOptions(options: unknown): asserts options is ZmqRootOptions {
  checkOptions<ZmqRootOptions>(options, rootChecks);
}

/**
 * The options, where they say nothing the shared ones. Objects such as `reconnect` are taken whole.
 * @param without shared options that are not for this part
 */
export function withShared<T>(
  shared: ZmqRootOptions | undefined,
  options: T,
  without: readonly (keyof ZmqSharedOptions)[] = [],
): T {
  if (shared === undefined || typeof options !== 'object' || options === null) return options;
  const { server: _server, ...defaults } = shared;
  for (const key of without) delete defaults[key];
  const own = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(own) } as T;
}
