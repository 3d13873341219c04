import type { ConnectionFailure, ConnectionSink, FrameRun } from '../connection/connection.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';

/** Writes down what a connection tells. */
export class RecordingSink implements ConnectionSink {
  peer: PeerInfo | undefined;
  readonly messages: Multipart[] = [];
  readonly failures: ConnectionFailure[] = [];
  /** The answers to `ready` and `message`. */
  welcomesPeer = true;
  wantsMore = true;

  ready(info: PeerInfo): boolean {
    this.peer = info;
    return this.welcomesPeer;
  }

  message(message: Multipart): boolean {
    this.messages.push(message);
    return this.wantsMore;
  }

  get room(): number {
    return this.wantsMore ? Infinity : 1;
  }

  run(run: FrameRun): boolean {
    while (run.length > 0) this.messages.push(run.shift());
    return this.wantsMore;
  }

  failed(failure: ConnectionFailure): void {
    this.failures.push(failure);
  }

  /** The messages as text, one string per frame. */
  get texts(): string[][] {
    return this.messages.map((message) => message.map((frame) => frame.toString('latin1')));
  }
}
