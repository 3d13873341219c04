import { secondsSince } from '../scenarios/timing.mjs';
import { versionOfPackage } from './packages.mjs';

/** The publisher heeds what pushes back after so many. */
export const BATCH = 1_000;

/**
 * A plain client library over its broker, as a contender of PUSH → PULL: one sender, one receiver.
 * @param receive calls back with the number of messages as they come; resolves when it would get them
 * @param send sends so many, as fast as the broker and the receiver take them
 */
export function oneWay({ name, program, library, receive, send }) {
  return {
    name,
    get version() {
      return program.version && `${library} ${versionOfPackage(library)}, ${program.name} ${program.version}`;
    },
    program,
    roles: {
      'push-pull': {
        async receiver(_contender, { broker, count }, tell) {
          let received = 0;
          let first = 0;
          let start;
          await receive(broker, (messages) => {
            if (received === 0) {
              first = messages;
              start = process.hrtime.bigint();
            }
            received += messages;
            if (received === count) tell({ value: (count - first) / secondsSince(start) });
          });
          tell({ endpoint: broker });
        },

        sender: (_contender, { broker, size, count }) => send(broker, Buffer.alloc(size, 0x61), count),
      },
    },
  };
}
