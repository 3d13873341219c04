import { AddressRules } from './address-rules.js';

function rules(allowed: readonly string[], denied: readonly string[] = []): AddressRules {
  const all = new AddressRules();
  if (allowed.length > 0) all.allow(allowed);
  all.deny(denied);
  return all;
}

describe('AddressRules', () => {
  it.each([
    ['nothing said', [], [], '10.1.2.3', true],
    ['nothing said, over ipc', [], [], '', true],
    ['allowed', ['10.1.2.3'], [], '10.1.2.3', true],
    ['not among those allowed', ['10.1.2.3'], [], '10.1.2.4', false],
    ['in an allowed network', ['10.0.0.0/8'], [], '10.1.2.3', true],
    ['beside an allowed network', ['10.0.0.0/8'], [], '11.0.0.0', false],
    ['an IPv4 address as IPv6 tells it', ['10.0.0.0/8'], [], '::ffff:10.1.2.3', true],
    ['IPv6', ['fd00::/8'], [], 'fd12::1', true],
    ['another family', ['10.0.0.0/8'], [], '::1', false],
    ['denied', [], ['10.1.2.3'], '10.1.2.3', false],
    ['beside one denied', [], ['10.1.2.3'], '10.1.2.4', true],
    ['denied in an allowed network', ['10.0.0.0/8'], ['10.1.0.0/16'], '10.1.2.3', false],
    ['allowed beside', ['10.0.0.0/8'], ['10.1.0.0/16'], '10.2.2.3', true],
    ['allowed and denied', ['10.1.2.3'], ['10.1.2.3'], '10.1.2.3', false],
    ['ipc where addresses are allowed', ['10.0.0.0/8'], [], '', false],
    ['ipc that is allowed', ['ipc'], [], '', true],
    ['an address where ipc is allowed', ['ipc'], [], '10.1.2.3', false],
    ['ipc that is denied', [], ['ipc'], '', false],
    ['an address where ipc is denied', [], ['ipc'], '10.1.2.3', true],
    ['what is no address', ['0.0.0.0/0', '::/0'], [], 'nonsense', false],
  ])('%s', (_, allowed, denied, address, admits) => {
    const refusal = rules(allowed, denied).refusal(address);
    expect(refusal === undefined).toBe(admits);
    if (!admits) expect(refusal).toMatch(/^the address is /);
  });

  it('adds all or none', () => {
    const all = new AddressRules();
    expect(() => all.allow(['10.0.0.0/8', 'example.org'])).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining('"example.org" is no address') }),
    );
    expect(() => all.deny([5 as unknown as string])).toThrow(TypeError);
    expect(all.refusal('11.0.0.1')).toBeUndefined();
  });

  it('does not allow nobody: that would allow everybody', () => {
    expect(() => new AddressRules().allow([])).toThrow(/no address is allowed; name at least one/);
  });

  it('forgets all', () => {
    const all = rules(['10.0.0.0/8', 'ipc'], ['10.1.0.0/16']);
    all.clear();
    expect([all.refusal('11.0.0.1'), all.refusal('10.1.0.1'), all.refusal('')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
