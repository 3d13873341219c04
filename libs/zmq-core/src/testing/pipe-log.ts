import type { Multipart } from '../foundation/multipart.js';
import type { CloseReason, PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd, PipeHandler } from '../pipe/pipe.js';

/** Writes down, in order, what the handler of an end is told. */
export class PipeLog implements PipeHandler {
  readonly events: string[] = [];
  /** What to do, besides, when messages wait. */
  onRead: (end: PipeEnd) => void = () => {};

  onReadable(end: PipeEnd): void {
    this.events.push('readable');
    this.onRead(end);
  }

  onWritable(): void {
    this.events.push('writable');
  }

  onHiccup(_end: PipeEnd, reason: CloseReason): void {
    this.events.push(`hiccup ${reason.code}`);
  }

  onPeer(_end: PipeEnd, info: PeerInfo, epoch: number): void {
    this.events.push(`peer ${info.socketType} ${epoch}`);
  }

  onPeerGone(_end: PipeEnd, reason: CloseReason): void {
    this.events.push(`gone ${reason.code}`);
  }

  onClosed(_end: PipeEnd, reason: CloseReason): void {
    this.events.push(`closed ${reason.code}`);
  }

  /** The events since the last call. */
  take(): string[] {
    return this.events.splice(0);
  }
}

export function peerInfo(socketType: string): PeerInfo {
  return { socketType, routingId: undefined, address: 'test', properties: {} };
}

export function reason(code: string): CloseReason {
  return { code, message: code };
}

export function message(...frames: string[]): Multipart {
  return frames.map((frame) => Buffer.from(frame));
}

/** Reads until nothing is left; each message as its first frame. */
export function readAll(end: PipeEnd): string[] {
  const texts: string[] = [];
  for (let next = end.read(); next !== undefined; next = end.read()) texts.push(next[0]!.toString());
  return texts;
}

/** Writes until it is refused, at most `limit` times; how many were taken. */
export function fill(end: PipeEnd, limit = 10_000): number {
  let count = 0;
  while (count < limit && end.send(message(String(count)))) count++;
  return count;
}
