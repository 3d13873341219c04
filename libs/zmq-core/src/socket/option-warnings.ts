import { type OptionName, rowOf } from './option-table.js';

/** Per process and not per context: whoever reads the warnings reads those of the process. */
const warned = new Set<OptionName>();

/** Says once that an option does nothing here, when it is given another value than its default. */
export function warnOfNoEffect(name: OptionName, value: unknown): void {
  const { effect, initial } = rowOf(name);
  if (effect?.kind !== 'none' || value === initial || warned.has(name)) return;
  warned.add(name);
  process.emitWarning(`Socket option ${name} has no effect: ${effect.reason}.`);
}
