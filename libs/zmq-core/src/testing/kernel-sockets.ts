import { spawnSync } from 'node:child_process';
import { itWhen } from './it-when.js';

/** What the kernel knows of a TCP port of this machine, as `ss` prints it: a line per socket. */
export function kernelSockets(port: string, ...flags: readonly string[]): string[] {
  const { stdout } = spawnSync('ss', ['-Htn', ...flags, `sport = :${port}`], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

/** `it` where the kernel can be asked. */
export const itWithKernel = itWhen(spawnSync('ss', ['-V']).status === 0, 'there is no program ss to ask the kernel');
