import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ways } from './ways.js';

/** How two processes can be connected. */
export const processTransports = ['tcp', 'ipc'] as const;
export type ProcessTransport = (typeof processTransports)[number];

/** Addresses for the processes of one test. The file of one that is killed is left to be removed here. */
export class ProcessAddresses {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nz-'));
  #files = 0;

  constructor(readonly transport: ProcessTransport) {}

  /** One that nobody has, nor gets when it is free. */
  async fixed(): Promise<string> {
    return this.transport === 'tcp' ? ways.tcp.fixed() : this.next();
  }

  /** One that nobody has. */
  next(): string {
    return this.transport === 'tcp' ? 'tcp://127.0.0.1:*' : `ipc://${join(this.#directory, String(++this.#files))}`;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
