import { type Context, Reply } from '@nest-zmq/core';

/** What a handler of ZAP (27/ZAP) is asked. */
export interface ZapQuestion {
  readonly domain: string;
  readonly address: string;
  readonly routingId: Buffer;
  readonly mechanism: string;
  readonly credentials: readonly Buffer[];
}

/**
 * A handler as programs write it: a REP at the address of ZAP.
 * @param judge gives the user's id, or `undefined` for who is refused with 400
 */
export async function handleZap(
  judge: (question: ZapQuestion) => string | undefined,
  context?: Context,
): Promise<Reply> {
  const handler = new Reply({ linger: 0, ...(context && { context }) });
  await handler.bind('inproc://zeromq.zap.01');
  void answerAll(handler, judge);
  return handler;
}

async function answerAll(handler: Reply, judge: (question: ZapQuestion) => string | undefined): Promise<void> {
  for await (const frames of handler) {
    const [version, id, domain, address, routingId, mechanism, ...credentials] = frames as [
      ...[Buffer, Buffer, Buffer, Buffer, Buffer, Buffer],
      ...Buffer[],
    ];
    const userId = judge({
      domain: String(domain),
      address: String(address),
      routingId,
      mechanism: String(mechanism),
      credentials,
    });
    const [status, text] = userId === undefined ? ['400', 'not you'] : ['200', 'OK'];
    await handler.send([version, id, status, text, userId ?? '', '']);
  }
}
