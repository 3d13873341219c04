/** Seconds since a `process.hrtime.bigint()`. */
export function secondsSince(start) {
  return Number(process.hrtime.bigint() - start) / 1e9;
}
