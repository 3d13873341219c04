import { noSecurity, type SecurityOptions } from '../mechanism/security-options.js';

/** What a socket asks of its peers, as far as older protocols cannot give it. */
export interface DowngradeOptions {
  /** Speak ZMTP 2.0 and 1.0 with peers that know no other. */
  readonly legacy: boolean;
  readonly security?: SecurityOptions;
}

/**
 * Whether an older peer may be spoken to. It proves nothing of who it is: where that
 * counts (a mechanism, or a handler of ZAP that is asked about each peer), a version of
 * its choice must not be the way around it (CVE-2014-7202, 37/ZMTP "guard against
 * downgrade attacks").
 */
export function mayDowngrade({ legacy, security = noSecurity }: DowngradeOptions): boolean {
  return legacy && security.mechanism === 'NULL' && security.zapDomain === '';
}
