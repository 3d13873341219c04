import { Logger, type LoggerService } from '@nestjs/common';

/** Where a part of the transport writes. */
export type ZmqLogger = Required<Pick<LoggerService, 'log' | 'warn' | 'error'>>;

/**
 * The log of one part: Nest's `Logger`, or the application's own with that part as the context.
 * @param context for example `ZmqPool(images)`
 */
export function loggerOf(own: LoggerService | undefined, context: string): ZmqLogger {
  if (own === undefined) return new Logger(context);
  return {
    log: (message: unknown) => void own.log(message, context),
    warn: (message: unknown) => void own.warn(message, context),
    error: (message: unknown) => void own.error(message, context),
  };
}
