import type { CloseReason, PeerInfo } from '../../foundation/peer-info.js';
import { createPipe, type LaneShape, type PipeEnd, type PipeHandler } from '../../pipe/pipe.js';
import type { PipeMember } from '../../transport/transport.js';

/**
 * A connecter with its pipe. Until somebody binds, the far end is parked here and
 * the connecter may queue what its own mark allows; then both sides' marks count
 * together.
 */
export class PendingConnect implements PipeHandler {
  readonly #connecter: PipeMember;
  readonly #near: PipeEnd;
  readonly #far: PipeEnd;
  readonly #onGone: (gone: PendingConnect) => void;

  /** @param onGone the connecter closed its end before anybody bound; it may do so at once */
  constructor(connecter: PipeMember, onGone: (gone: PendingConnect) => void) {
    this.#connecter = connecter;
    this.#onGone = onGone;
    const conflates = connecter.conflate && !subscribes(connecter);
    [this.#near, this.#far] = createPipe({
      outward: connecter.sendMark,
      inward: connecter.receiveMark,
      ...(conflates && { conflate: 'outward' }),
      deferWakes: true,
      keepOutward: 'copied',
      keepInward: 'copied',
    });
    this.#far.handler = this;
    connecter.attach(this.#near);
  }

  /** False once the connecter closed its end. */
  get open(): boolean {
    return this.#far.open;
  }

  joinWith(binder: PipeMember): void {
    const connecter = this.#connecter;
    if (!this.#far.open) return;
    this.#far.setMarks(binder.sendMark, binder.receiveMark);
    this.#near.shapeInward(laneShape(binder, connecter));
    this.#far.shapeInward(laneShape(connecter, binder));
    // Each is told who is there before it can read a message: the connecter before the
    // binder may write, the binder before it is woken for what was queued meanwhile.
    this.#far.announcePeer(binder.info);
    if (!this.#far.open) return;
    binder.attach(this.#far);
    this.#near.announcePeer(connecter.info, true);
    this.#far.wake();
  }

  close(reason: CloseReason): void {
    this.#near.close(reason);
  }

  // ── the far end, while it is parked: messages simply wait in the pipe ──

  onClosed(): void {
    this.#onGone(this);
  }

  onReadable(): void {}
  onWritable(): void {}
  onHiccup(): void {}
  onPeer(_end: PipeEnd, _info: PeerInfo): void {}
  onPeerGone(): void {}
}

function laneShape(writer: PipeMember, reader: PipeMember): LaneShape {
  return {
    // libzmq asks only the connecter. Either side's wish counts here, as it does over tcp.
    conflate: (writer.conflate || reader.conflate) && !subscribes(writer),
    // A publisher learns of a subscription at once: a message it sends right after is for that subscriber too.
    deferWakes: !subscribes(writer),
  };
}

/** Whether what this socket sends are subscriptions, each of which counts. */
function subscribes({ info }: PipeMember): boolean {
  return info.socketType === 'SUB' || info.socketType === 'XSUB' || info.socketType === 'DISH';
}
