/** What a socket asks of its peers, as far as older protocols cannot give it. */
export interface DowngradeOptions {
  /** Speak ZMTP 2.0 and 1.0 with peers that know no other. */
  readonly legacy: boolean;
  readonly mechanism: 'NULL' | 'PLAIN' | 'CURVE';
  /** A handler of ZAP is asked about each peer; `null` or empty: not with NULL. */
  readonly zapDomain: string | null;
}

/**
 * Whether an older peer may be spoken to. It proves nothing of who it is: where that
 * counts, a version of its choice must not be the way around it (CVE-2014-7202, 37/ZMTP
 * "guard against downgrade attacks").
 */
export function mayDowngrade({ legacy, mechanism, zapDomain }: DowngradeOptions): boolean {
  return legacy && mechanism === 'NULL' && (zapDomain === null || zapDomain === '');
}
