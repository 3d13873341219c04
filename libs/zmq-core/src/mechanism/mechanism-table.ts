import { UnavailableError } from '../foundation/errors.js';
import type { RandomSource } from '../foundation/random.js';
import { Admission } from './admission.js';
import type { Authenticator } from './authenticator.js';
import type { CryptoBackend, CryptoSource } from './crypto-backend.js';
import { CurveClient } from './curve/curve-client.js';
import { CurveServer } from './curve/curve-server.js';
import { DeferredMechanism } from './deferred-mechanism.js';
import type { Mechanism, MechanismName } from './mechanism.js';
import { NullMechanism } from './null.js';
import { PlainClient, PlainServer } from './plain.js';
import type { SecurityOptions } from './security-options.js';

/** What a mechanism may need of the world around its connection. */
export interface Surroundings {
  /** Decides about peers; `undefined`: there is nobody. */
  readonly authenticator: Authenticator | undefined;
  /** Only CURVE needs it. */
  readonly crypto: CryptoSource | undefined;
  readonly random: RandomSource;
  /** The peer's address without port. */
  readonly host: string;
  /** Something that a mechanism waited for is there: the connection is to be drained. */
  readonly wake: () => void;
}

export interface MechanismParts {
  /** What READY or INITIATE tells of this side. */
  readonly metadata: Buffer;
  readonly routingId: Buffer;
  readonly surroundings: Surroundings;
}

type OptionsOf<Name extends MechanismName> = Extract<SecurityOptions, { readonly mechanism: Name }>;
type Create<Name extends MechanismName> = (options: OptionsOf<Name>, parts: MechanismParts) => Mechanism;

/** Every mechanism: who speaks it. Its role comes from the options, and never from who has bound. */
export const mechanisms: { readonly [Name in MechanismName]: Create<Name> } = {
  NULL: (options, parts) =>
    new NullMechanism(parts.metadata, options.zapDomain === '' ? undefined : admission(options, parts)),
  PLAIN: (options, parts) =>
    options.asServer
      ? new PlainServer(admission(options, parts), parts.metadata)
      : new PlainClient(options.credentials, parts.metadata),
  CURVE: (options, parts) => withBackend('CURVE', options.asServer, parts, (backend) => curve(backend, options, parts)),
};

export function createMechanism(options: SecurityOptions, parts: MechanismParts): Mechanism {
  return (mechanisms[options.mechanism] as Create<MechanismName>)(options, parts);
}

function curve(backend: CryptoBackend, options: OptionsOf<'CURVE'>, parts: MechanismParts): Mechanism {
  const { metadata, surroundings } = parts;
  if (options.asServer)
    return new CurveServer(backend, surroundings.random, options.keys, admission(options, parts), metadata);
  return new CurveClient(backend, surroundings.random, options.keys, metadata);
}

function withBackend(
  name: MechanismName,
  asServer: boolean,
  { surroundings: { crypto, wake } }: MechanismParts,
  create: (backend: CryptoBackend) => Mechanism,
): Mechanism {
  if (crypto === undefined) throw new UnavailableError(`${name} has no library`);
  if (crypto.backend !== undefined) return create(crypto.backend);
  return new DeferredMechanism(name, asServer, crypto, create, wake);
}

function admission(options: SecurityOptions, { routingId, surroundings }: MechanismParts): Admission {
  const { authenticator, host, wake } = surroundings;
  const { mechanism, zapDomain, zapEnforceDomain } = options;
  const guard = { authenticator, domain: zapDomain, enforceDomain: zapEnforceDomain, address: host, routingId, wake };
  return new Admission(guard, mechanism);
}
