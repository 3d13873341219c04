import type { Multipart } from '../foundation/multipart.js';
import { encodeLegacyHeader } from '../wire/legacy-frame.js';
import type { Batch } from './batch.js';

/** Message → frames of ZMTP 1.0 in the batch. What a fan-out keeps ready is of ZMTP 3 and is no use. */
export function encodeLegacyMessage(message: Multipart, batch: Batch): void {
  const last = message.length - 1;
  for (let i = 0; i <= last; i++) {
    const body = message[i]!;
    batch.append(encodeLegacyHeader(body.length, i < last));
    batch.append(body);
  }
}
