import type { Frame } from '../packet/frames.js';

/** Frames as text, `<00ff>` for what is not printable ASCII, so that a failed test shows the bytes. */
export function shown(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    const bytes = Buffer.from(frame as string);
    return /^[\x20-\x7e]*$/.test(bytes.toString('latin1')) ? bytes.toString('latin1') : `<${bytes.toString('hex')}>`;
  });
}

/** The reverse: what a peer of any library would send. */
export function frames(...parts: (string | Buffer)[]): Buffer[] {
  return parts.map((part) => {
    if (typeof part !== 'string') return part;
    const hex = /^<([0-9a-f]*)>$/.exec(part)?.[1];
    return hex === undefined ? Buffer.from(part) : Buffer.from(hex, 'hex');
  });
}
