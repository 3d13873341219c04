import { spawnSync } from 'node:child_process';

const program = `
  const [, port, hex] = process.argv;
  const socket = require('node:net').connect(Number(port), '127.0.0.1', () => {
    socket.write(Buffer.from(hex, 'hex'), () => socket.resetAndDestroy());
  });`;

/**
 * Connects to a port of this machine, says something and resets the connection, all while this
 * process stands still: it can accept the connection only when that is over.
 */
export function connectAndReset(port: string, said: Buffer): void {
  const { status, stderr } = spawnSync(process.execPath, ['-e', program, port, said.toString('hex')], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the peer that was to reset its connection ended with ${status}: ${stderr}`);
}
