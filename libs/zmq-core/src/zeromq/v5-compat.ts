/**
 * The API of zeromq.js up to version 5, as npm `zeromq/v5-compat` has it
 * (`@nest-zmq/core/zeromq/v5-compat`): for programs that were never rewritten.
 */
import * as surface from './v5-surface.js';

export * from './v5-surface.js';
export { surface as default, surface as 'module.exports' };
