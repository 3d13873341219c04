import type { SocketTypeName } from '../foundation/socket-type.js';
import { Admission, type Guard } from '../mechanism/admission.js';
import type { AuthenticationRequest, Authenticator, Verdict } from '../mechanism/authenticator.js';
import type { Mechanism, MechanismName } from '../mechanism/mechanism.js';
import { encodeOwnMetadata } from '../mechanism/peer-metadata.js';
import { commandBody, decodeCommand } from '../wire/command.js';

/** What a mechanism has to say now, as command bodies in memory of their own. */
export function said(mechanism: Mechanism): Buffer[] {
  const bodies: Buffer[] = [];
  for (let next = mechanism.produce(); next !== undefined; next = mechanism.produce())
    bodies.push(Buffer.from(commandBody(next)));
  return bodies;
}

/** The peer's command bodies reach a mechanism. */
export function hear(mechanism: Mechanism, ...bodies: readonly Buffer[]): void {
  for (const body of bodies) mechanism.consume(mechanism.readCommand?.(body) ?? decodeCommand(body));
}

/** Carries commands between two mechanisms until neither has anything to say. Gives all that was said. */
export function shakeHands(one: Mechanism, other: Mechanism): Buffer[] {
  const all: Buffer[] = [];
  for (;;) {
    const [there, back] = [said(one), said(other)];
    all.push(...there, ...back);
    if (there.length + back.length === 0) return all;
    hear(other, ...there);
    hear(one, ...back);
  }
}

/** READY's properties of a socket without a routing id. */
export function metadataOf(socketType: SocketTypeName): Buffer {
  return encodeOwnMetadata({ socketType, routingId: undefined, properties: {} });
}

/** An authenticator whose verdicts the test gives. */
export class FakeAuthenticator implements Authenticator {
  present = true;
  readonly requests: AuthenticationRequest[] = [];
  /** Of the last request. */
  give: (verdict: Verdict) => void = () => {};
  cancelled = 0;
  /** Given at once when it is there. */
  readonly #verdict: Verdict | undefined;

  constructor(verdict?: Verdict) {
    this.#verdict = verdict;
  }

  ask(request: AuthenticationRequest, give: (verdict: Verdict) => void): () => void {
    this.requests.push(request);
    this.give = give;
    if (this.#verdict !== undefined) give(this.#verdict);
    return () => void this.cancelled++;
  }
}

export const admitted: Verdict = {
  status: 200,
  userId: 'joe',
  properties: new Map([['X-Role', Buffer.from('admin')]]),
};

/** An admission of which the test sees who is asked and woken. */
export function admission(
  mechanism: MechanismName,
  authenticator: Authenticator | undefined,
  guard: Partial<Guard> = {},
): Admission {
  const whole: Guard = {
    authenticator,
    domain: '',
    enforceDomain: false,
    address: '10.0.0.1',
    routingId: Buffer.from('server'),
    wake() {},
    ...guard,
  };
  return new Admission(whole, mechanism);
}
