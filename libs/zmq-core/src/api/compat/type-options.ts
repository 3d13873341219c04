import { defineAccessors, type OptionAccessor } from './option-accessors.js';
import { type Capability, give } from './socket.js';

/** The options that only some types have, by name. */
const rows = {
  routingId: { id: 5, type: 'String' },
  sendBufferSize: { id: 11, type: 'Int32' },
  receiveBufferSize: { id: 12, type: 'Int32' },
  sendHighWaterMark: { id: 23, type: 'Int32' },
  receiveHighWaterMark: { id: 24, type: 'Int32' },
  multicastHops: { id: 25, type: 'Int32' },
  receiveTimeout: { id: 27, type: 'Int32' },
  sendTimeout: { id: 28, type: 'Int32' },
  mandatory: { id: 33, type: 'Bool' },
  probeRouter: { id: 51, type: 'Bool', access: 'write-only' },
  correlate: { id: 52, type: 'Bool', access: 'write-only' },
  relaxed: { id: 53, type: 'Bool', access: 'write-only' },
  conflate: { id: 54, type: 'Bool', access: 'write-only' },
  handover: { id: 56, type: 'Bool', access: 'write-only' },
  noDrop: { id: 69, type: 'Bool', access: 'write-only' },
  manual: { id: 71, type: 'Bool', access: 'write-only' },
  welcomeMessage: { id: 72, type: 'String', access: 'write-only' },
  notify: { id: 73, type: 'Bool', access: 'write-only' },
  invertMatching: { id: 74, type: 'Bool' },
} as const satisfies Record<string, Omit<OptionAccessor, 'name'>>;

type TypeOption = keyof typeof rows;

export const typeAccessors: readonly OptionAccessor[] = Object.entries(rows).map(([name, row]) => ({ name, ...row }));

const ofSending: readonly TypeOption[] = ['sendBufferSize', 'sendHighWaterMark', 'sendTimeout', 'multicastHops'];
const ofReceiving: readonly TypeOption[] = ['receiveBufferSize', 'receiveHighWaterMark', 'receiveTimeout'];

/** Gives a class the methods and options of what it can, and its own options. */
export function defineType(
  { prototype }: { readonly prototype: object },
  capabilities: readonly Capability[],
  ...options: readonly TypeOption[]
): void {
  give(prototype, ...capabilities);
  const names = [...options];
  if (capabilities.includes('send') || capabilities.includes('sendTo')) names.push(...ofSending);
  if (capabilities.includes('receive')) names.push(...ofReceiving);
  defineAccessors(
    prototype,
    names.map((name) => ({ name, ...rows[name] })),
  );
}
