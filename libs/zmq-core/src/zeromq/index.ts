/**
 * The exact drop-in for npm `zeromq` (`@nest-zmq/core/zeromq`): its names, texts and
 * behaviour. What is added to it is in `@nest-zmq/core`.
 */
import * as surface from './surface.js';

export * from './surface.js';
// `import zmq from` and `require` get the same object as from npm `zeromq`: nothing but its members.
export { surface as default, surface as 'module.exports' };
