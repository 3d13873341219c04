import { curveKeyPair as makeKeyPair } from '../curve-keys.js';

/** The version of libzmq whose behaviour this is. Programs compare it to see what they may use. */
export const version: string = '4.3.5';

/** What zeromq.js tells of the libzmq that it was built with: here of this package. */
export const capability: Partial<{
  ipc: boolean;
  pgm: boolean;
  tipc: boolean;
  norm: boolean;
  curve: boolean;
  gssapi: boolean;
  draft: boolean;
}> = {
  ipc: process.platform !== 'win32',
  pgm: false,
  tipc: false,
  norm: false,
  curve: true,
  gssapi: false,
  draft: true,
};

/** A new key pair for CURVE, each key as 40 characters of Z85. */
export function curveKeyPair(): { publicKey: string; secretKey: string } {
  return { ...makeKeyPair() };
}
