/** The exact drop-in for npm `zeromq/draft` (`@nest-zmq/core/zeromq/draft`). */
import '../api/compat/draft-warning.js';
import * as surface from './draft-surface.js';

export * from './draft-surface.js';
export { surface as default, surface as 'module.exports' };
