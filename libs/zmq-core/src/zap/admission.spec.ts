import { type Admitted, isPropertyName, readAdmission } from './admission.js';

const show = (admitted: Admitted | undefined): unknown =>
  admitted && [admitted.userId, Object.fromEntries(admitted.properties.map(([name, value]) => [name, String(value)]))];

describe("a callback's answer", () => {
  it.each([
    [true, ['joe', {}]],
    [{}, ['joe', {}]],
    [{ userId: 'Joe Doe' }, ['Joe Doe', {}]],
    [{ userId: '' }, ['', {}]],
    [{ properties: { role: 'admin', city: 'Zürich' } }, ['joe', { role: 'admin', city: 'Zürich' }]],
    [{ userId: 'ü'.repeat(127) }, ['ü'.repeat(127), {}]],
    [false, undefined],
  ])('%j', (answer, expected) => {
    expect(show(readAdmission(answer, 'joe'))).toEqual(expected);
  });

  it.each([
    [undefined, /the callback gave undefined; it must give true, false/],
    [null, /gave null/],
    ['yes', /gave yes/],
    [1, /gave 1/],
    [{ userId: 5 }, /userId .* must be a string/],
    [{ userId: 'ü'.repeat(128) }, /more than 255 bytes/],
    [{ properties: 'x' }, /must be an object of strings/],
    [{ properties: { 'not this': 'x' } }, /property "not this"/],
    [{ properties: { '': 'x' } }, /property ""/],
    [{ properties: { 'user-id': 'root' } }, /property "user-id"; .* and are not Peer-Address, Routing-Id, User-Id/],
    [{ properties: { role: 5 } }, /role .* must be a string/],
  ])('is none: %j', (answer, message) => {
    expect(() => readAdmission(answer, 'joe')).toThrow(message);
  });

  it.each([
    ['name', true],
    ['A-b_c.d+1', true],
    ['x'.repeat(255), true],
    ['x'.repeat(256), false],
    ['', false],
    ['a b', false],
    ['a/b', false],
    ['é', false],
    ['Peer-Address', false],
    ['ROUTING-ID', false],
  ])('%s can be the name of a property: %s', (name, can) => {
    expect(isPropertyName(name)).toBe(can);
  });
});
