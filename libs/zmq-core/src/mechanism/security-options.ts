import type { CurveKeys } from './curve/curve-keys.js';
import type { PlainCredentials } from './plain.js';

interface ZapOptions {
  /** Who decides is told it; with NULL, empty: nobody is asked. */
  readonly zapDomain: string;
  /** Where nobody would answer, nobody is let in. */
  readonly zapEnforceDomain: boolean;
}

interface NullOptions {
  readonly mechanism: 'NULL';
}

type PlainOptions =
  | { readonly mechanism: 'PLAIN'; readonly asServer: true }
  | { readonly mechanism: 'PLAIN'; readonly asServer: false; readonly credentials: PlainCredentials };

interface CurveOptions {
  readonly mechanism: 'CURVE';
  readonly asServer: boolean;
  /** Of a client with the key of its server. */
  readonly keys: CurveKeys;
}

/** How the connections of one endpoint are secured. The role is independent of who binds and who connects. */
export type SecurityOptions = ZapOptions & (NullOptions | PlainOptions | CurveOptions);

export const noSecurity: SecurityOptions = { mechanism: 'NULL', zapDomain: '', zapEnforceDomain: false };
