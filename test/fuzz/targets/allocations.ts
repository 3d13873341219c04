import { Broken } from '../target.js';

/** What may be allocated at once whatever came: arenas of batches, slabs of small copies. */
const UNRELATED = 512 * 1024;
/** A body that is split over chunks gets this many times what has come of it. */
const GROWTH = 4;

type Allocate = (this: void, size: number, ...others: unknown[]) => Buffer;

const { alloc, allocUnsafe, allocUnsafeSlow } = Buffer as unknown as Record<
  'alloc' | 'allocUnsafe' | 'allocUnsafeSlow',
  Allocate
>;
const originals = { alloc, allocUnsafe, allocUnsafeSlow };
let allowed = Infinity;
let watching = false;

function watch(): void {
  watching = true;
  for (const name of Object.keys(originals) as (keyof typeof originals)[]) {
    const allocate = originals[name];
    const checked = (size: number, ...others: unknown[]): Buffer => {
      if (size > allowed) throw new Broken(`${size} bytes were allocated, where ${allowed} are enough`);
      return allocate(size, ...others);
    };
    Object.defineProperty(Buffer, name, { value: checked, configurable: true, writable: true });
  }
}

/** Puts back what was there before. */
export function stopWatching(): void {
  watching = false;
  Object.assign(Buffer, originals);
}

/** Memory follows the bytes received: within the call no buffer is allocated that is much larger than what came. */
export function allowAllocations(received: number, work: () => void): void {
  if (!watching) watch();
  allowed = UNRELATED + received * GROWTH;
  try {
    work();
  } finally {
    allowed = Infinity;
  }
}
