import type { ValueRow } from './option-row.js';

/** Per process and not per context: whoever reads the warnings reads those of the process. */
const warned = new Set<string>();

/**
 * Says once that an option does nothing here, when it is given another value than its default.
 * @param option what it is called in the warning: "Socket option backlog"
 */
export function warnOfNoEffect(option: string, { effect, initial }: ValueRow, value: unknown): void {
  if (effect?.kind !== 'none' || value === initial || warned.has(option)) return;
  warned.add(option);
  process.emitWarning(`${option} has no effect: ${effect.reason}.`);
}
