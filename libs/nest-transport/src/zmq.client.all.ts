import { merge, mergeMap, Observable } from 'rxjs';
import type { CallClientChannel } from './channels/call-client.channel.js';
import type { ServerLink } from './inflight/server.link.js';
import { ZmqNoPeerError, ZmqPatternError } from './zmq.errors.js';
import { ZmqRecord } from './zmq.record.js';

/** A call to one server of all. */
export interface Target {
  readonly link: ServerLink;
  /** When it was started. */
  readonly since: number;
}

export interface CallToAll<T> {
  readonly channel: CallClientChannel;
  /** So many servers must be there, or it waits for them. */
  readonly servers: number;
  /** For so long at most, in ms; beyond `connectTimeout` it has no effect. */
  readonly deadlineMs: number | undefined;
  /** The call to one server. Cold. */
  readonly startAt: (link: ServerLink) => Observable<T>;
}

/** What all servers answer that are there when it is subscribed to. Fails with the first that fails. Cold. */
export function callAll<T>({ channel, servers, deadlineMs, startAt }: CallToAll<T>): Observable<T> {
  const ready = new Observable<void>((observer) =>
    channel.readyForAll(servers, deadlineMs, {
      resolve: () => {
        observer.next();
        observer.complete();
      },
      reject: (error) => observer.error(error),
    }),
  );
  return ready.pipe(
    mergeMap(() => {
      const links = channel.calls.usableLinks();
      // To ask nobody would look like the answers of all.
      if (links.length === 0) throw new ZmqNoPeerError('The servers were lost again before they could be asked');
      return merge(...links.map(startAt));
    }),
  );
}

/** @throws ZmqPatternError it is for one server */
export function assertForAll(data: unknown): void {
  if (data instanceof ZmqRecord && data.server !== undefined) {
    throw new ZmqPatternError('sendToAll() asks every server: setServer() is for send()');
  }
}
