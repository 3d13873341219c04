import type { ErrorLog } from '../error.log.js';
import { isThenable } from '../nest.serializer.js';
import type { ZmqContext } from '../zmq.context.js';

/** What stands between Nest's processing hooks. It never rejects. */
export type Processed = (end: () => void) => Promise<void>;

/**
 * Runs `invoke` between Nest's processing hooks: once, or never when the start hook throws or rejects before it lets it
 * begin; then `failed` is called instead. Never throws. `undefined` while no hook is set.
 */
export type ProcessingHooks = (context: ZmqContext, invoke: Processed, failed: (error: unknown) => void) => void;

/** What a start hook throws when the handler has begun is no failure of the handler: it is logged. */
export function guardedHooks(
  run: (context: ZmqContext, invoke: Processed) => unknown,
  errors: ErrorLog,
): ProcessingHooks {
  return (context, invoke, failed) => {
    let state: 'waits' | 'begun' | 'failed' = 'waits';
    const threw = (error: unknown): void => {
      if (state !== 'waits') {
        errors.log("Nest's processing start hook", error);
        return;
      }
      state = 'failed';
      failed(error);
    };
    try {
      const result = run(context, async (end) => {
        if (state !== 'waits') return;
        state = 'begun';
        await invoke(end);
      });
      if (isThenable(result)) result.then(undefined, threw);
    } catch (error) {
      threw(error);
    }
  };
}
