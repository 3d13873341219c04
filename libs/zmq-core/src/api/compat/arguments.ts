/*
 * zeromq.js checks the types of its arguments first, then their number, then whether
 * the socket is open. The texts are its own.
 */

/** @param extra the arguments beyond the expected ones */
export function checkCount(expected: number, extra: readonly unknown[]): void {
  if (extra.length === 0) return;
  throw new TypeError(
    `Expected ${expected} argument${expected === 1 ? '' : 's'} but received ${expected + extra.length}`,
  );
}

export function checkAddress(value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new TypeError('Address must be a string');
}

/** `undefined` stands for no options; `null` does not. */
export function checkOptions(value: unknown): asserts value is object | undefined {
  if (value !== undefined) checkObject(value, 'Options must be an object');
}

export function checkObject(value: unknown, text: string): asserts value is object {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') throw new TypeError(text);
}

/** The arguments of `get…Option`. */
export function checkIdentifier(id: unknown, extra: readonly unknown[]): asserts id is number {
  if (typeof id !== 'number') throw new TypeError('Identifier must be a number');
  checkCount(1, extra);
}

/** The arguments of `set…Option`. */
export function checkNumber(id: unknown, value: unknown, extra: readonly unknown[]): void {
  checkSetting(id, typeof value === 'number', 'a number', extra);
}

export function checkBool(id: unknown, value: unknown, extra: readonly unknown[]): void {
  checkSetting(id, typeof value === 'boolean', 'a boolean', extra);
}

export function checkText(id: unknown, value: unknown, extra: readonly unknown[]): void {
  const right = value === null || typeof value === 'string' || ArrayBuffer.isView(value);
  checkSetting(id, right, 'a string or buffer', extra);
}

function checkSetting(id: unknown, right: boolean, what: string, extra: readonly unknown[]): void {
  if (typeof id !== 'number') throw new TypeError('Identifier must be a number');
  if (!right) throw new TypeError(`Option value must be ${what}`);
  checkCount(2, extra);
}
