import { ZmqError } from '../foundation/errors.js';
import { decodeZ85 } from '../foundation/z85.js';
import { CurveKeys } from '../mechanism/curve/curve-keys.js';
import type { MechanismName } from '../mechanism/mechanism.js';
import type { SecurityOptions } from '../mechanism/security-options.js';
import type { OptionName, OptionValues } from './option-table.js';

interface Choice {
  readonly mechanism: MechanismName;
  /** `undefined`: as it was. */
  readonly asServer?: boolean;
}

/** What each option decides when it is set, as in libzmq: the one that is set last counts. */
const choices: { readonly [Name in OptionName]?: (options: OptionValues) => Choice } = {
  plainServer: ({ plainServer: asServer }) => ({ mechanism: asServer ? 'PLAIN' : 'NULL', asServer }),
  plainUsername: ({ plainUsername }) => plainClient(plainUsername),
  plainPassword: ({ plainPassword }) => plainClient(plainPassword),
  curveServer: ({ curveServer: asServer }) => ({ mechanism: asServer ? 'CURVE' : 'NULL', asServer }),
  curvePublicKey: () => ({ mechanism: 'CURVE' }),
  curveSecretKey: () => ({ mechanism: 'CURVE' }),
  curveServerKey: () => ({ mechanism: 'CURVE', asServer: false }),
};

function plainClient(value: string | null): Choice {
  return value === null ? { mechanism: 'NULL' } : { mechanism: 'PLAIN', asServer: false };
}

/** Which mechanism a socket speaks, and in which role. */
export class SecurityChoice {
  mechanism: MechanismName = 'NULL';
  #asServer = false;

  /** An option was set, perhaps one that decides. */
  optionSet(name: OptionName, options: OptionValues): void {
    const choice = choices[name]?.(options);
    if (choice === undefined) return;
    this.mechanism = choice.mechanism;
    this.#asServer = choice.asServer ?? this.#asServer;
    options.plainServer = this.#asServer && this.mechanism === 'PLAIN';
    options.curveServer = this.#asServer && this.mechanism === 'CURVE';
  }

  /** How what is bound or connected now is secured. Throws EINVAL when CURVE lacks a key. */
  optionsNow(options: OptionValues): SecurityOptions {
    const { mechanism } = this;
    const asServer = this.#asServer;
    const zap = { zapDomain: options.zapDomain ?? '', zapEnforceDomain: options.zapEnforceDomain };
    switch (mechanism) {
      case 'NULL':
        return { ...zap, mechanism };
      case 'PLAIN': {
        if (asServer) return { ...zap, mechanism, asServer };
        const credentials = { username: options.plainUsername ?? '', password: options.plainPassword ?? '' };
        return { ...zap, mechanism, asServer, credentials };
      }
      case 'CURVE':
        return { ...zap, mechanism, asServer, keys: curveKeys(options, asServer) };
    }
  }
}

function curveKeys({ curveSecretKey, curvePublicKey, curveServerKey }: OptionValues, asServer: boolean): CurveKeys {
  if (curveSecretKey === null) throw missing('curveSecretKey', 'curveKeyPair() makes a pair');
  if (!asServer && curveServerKey === null)
    throw missing('curveServerKey', 'a client names the public key of its server, and a server sets curveServer');
  return new CurveKeys(
    bytesOf(curveSecretKey),
    curvePublicKey === null ? undefined : bytesOf(curvePublicKey),
    curveServerKey === null ? undefined : bytesOf(curveServerKey),
  );
}

function bytesOf(key: Buffer | string): Buffer {
  return typeof key === 'string' ? decodeZ85(key) : key;
}

function missing(option: string, way: string): ZmqError {
  return new ZmqError('EINVAL', `CURVE needs ${option}, which is not set; ${way}`);
}
