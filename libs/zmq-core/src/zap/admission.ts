import { ownProperties } from '../foundation/peer-info.js';
import type { ZapRequest } from './zap-request.js';

/** What a callback may say of a peer that is admitted. */
export interface AdmissionDetails {
  /** Who it is: `User-Id` of its messages, at most 255 bytes. Default: the user name of PLAIN, the public key of CURVE. */
  readonly userId?: string;
  /** More properties of all its messages (`peer.properties`). Names have letters, digits and `-_.+`. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** What a callback decides: `true` or details admit, `false` refuses. */
export type Admission = boolean | AdmissionDetails;

/** Decides about one peer. What it throws or rejects with refuses the peer, as an internal error (500). */
export type AdmissionCallback = (request: ZapRequest) => Admission | PromiseLike<Admission>;

/** What becomes of a request. */
export type Outcome = Admitted | Refused;

export interface Admitted {
  readonly status: 200;
  readonly userId: string;
  readonly properties: readonly (readonly [string, Buffer])[];
}

export interface Refused {
  /** 300: he may come again. */
  readonly status: 300 | 400 | 500;
  /** For the log, and in the ZAP reply; the peer is not told. Has nothing secret in it. */
  readonly reason: string;
  readonly error?: Error;
}

export function refused(reason: string, status: 300 | 400 = 400): Refused {
  return { status, reason };
}

/** It was ours to decide, and we could not. */
export function troubled(reason: string, error: unknown): Refused {
  return { status: 500, reason, error: error instanceof Error ? error : new Error(String(error)) };
}

export function admitted(userId: string, properties: Readonly<Record<string, string>> = {}): Admitted {
  return {
    status: 200,
    userId,
    properties: Object.entries(properties).map(([name, value]) => [name, Buffer.from(value)] as const),
  };
}

const MAX_USER_ID = 255;
/** 27/ZAP "metadata". */
const NAME = /^[A-Za-z0-9\-_.+]{1,255}$/;
const ownNames: ReadonlySet<string> = new Set(ownProperties.map((name) => name.toLowerCase()));

/** Whether a property of this name can be in a ZAP reply, and is not one that only our side tells. */
export function isPropertyName(name: string): boolean {
  return NAME.test(name) && !ownNames.has(name.toLowerCase());
}

/**
 * Reads a callback's answer; `undefined` refuses. Throws for what is none: a callback
 * that forgets to answer is a mistake to be seen, and admits nobody.
 */
export function readAdmission(answer: unknown, userId: string): Admitted | undefined {
  if (answer === false) return undefined;
  if (answer === true) return admitted(userId);
  if (typeof answer !== 'object' || answer === null) {
    throw new TypeError(`the callback gave ${String(answer)}; it must give true, false, or { userId, properties }`);
  }
  const details = answer as { readonly userId?: unknown; readonly properties?: unknown };
  return admitted(readUserId(details.userId ?? userId), readProperties(details.properties ?? {}));
}

function readUserId(userId: unknown): string {
  if (typeof userId !== 'string') throw new TypeError('the userId that the callback gave must be a string');
  if (Buffer.byteLength(userId) > MAX_USER_ID) {
    throw new RangeError(`the userId that the callback gave has more than ${MAX_USER_ID} bytes`);
  }
  return userId;
}

function readProperties(properties: unknown): Record<string, string> {
  if (typeof properties !== 'object' || properties === null) {
    throw new TypeError('the properties that the callback gave must be an object of strings');
  }
  for (const [name, value] of Object.entries(properties)) {
    if (!isPropertyName(name)) {
      throw new RangeError(
        `the callback gave a property ${JSON.stringify(name)}; names have 1 to 255 letters, digits and "-_.+", and are not ${ownProperties.join(', ')}`,
      );
    }
    if (typeof value !== 'string') throw new TypeError(`the property ${name} that the callback gave must be a string`);
  }
  return properties as Record<string, string>;
}
