/**
 * In the places where zeromq.js declares `any`: it had no types up to version 5, and
 * programs from then would not pass with `unknown`.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the types of npm `zeromq/v5-compat`, word for word
export type Anything = any;
