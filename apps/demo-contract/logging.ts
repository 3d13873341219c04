import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: readonly LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];

/** A logger of `LOG_LEVEL` and what is worse; of `log` when that is not one of Nest's levels. */
export function loggerFrom(env: NodeJS.ProcessEnv, prefix: string): ConsoleLogger {
  const level = LEVELS.find((known) => known === env['LOG_LEVEL']) ?? 'log';
  return new ConsoleLogger({ prefix, logLevels: LEVELS.slice(LEVELS.indexOf(level)) });
}
