import { existsSync, readdirSync } from 'node:fs';
import { turn } from './turn.js';

/** How many descriptors this process has; 0 where the system does not tell. */
export function openFiles(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

/** How many there are more than `before`, when what was closed a moment ago is closed. */
export async function openedSince(before: number): Promise<number> {
  for (let i = 0; i < 100 && openFiles() > before; i++) await turn();
  return Math.max(0, openFiles() - before);
}
