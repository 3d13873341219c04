import { BlockList, isIP } from 'node:net';
import { isInRanges, parseIpRange } from './ip-range.js';

const addresses = [
  '0.0.0.0',
  '10.0.0.1',
  '10.255.255.255',
  '11.0.0.0',
  '127.0.0.1',
  '192.168.1.130',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fe80::aaaa:1',
  '2001:db8::8a2e:370:7334',
  '2001:DB8:0:0:1:0:0:1',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
];

describe('a range of addresses', () => {
  it.each(addresses.flatMap((net) => [0, 1, 7, 8, 9, 24, 25, 31, 32, 33, 64, 127, 128].map((bits) => [net, bits])))(
    '%s/%d has those in it that node has',
    (net, bits) => {
      const family = isIP(String(net)) === 4 ? 'ipv4' : 'ipv6';
      const range = parseIpRange(`${net}/${bits}`);
      if (Number(bits) > (family === 'ipv4' ? 32 : 128)) {
        expect(range).toBeUndefined();
        return;
      }
      const list = new BlockList();
      list.addSubnet(String(net), Number(bits), family);
      for (const address of addresses) {
        const expected = isIP(address) === isIP(String(net)) && list.check(address, family);
        expect([address, isInRanges(address, [range!])]).toEqual([address, expected]);
      }
    },
  );

  it('without a mask is one address', () => {
    expect(isInRanges('10.0.0.1', [parseIpRange('10.0.0.1')!])).toBe(true);
    expect(isInRanges('10.0.0.2', [parseIpRange('10.0.0.1')!])).toBe(false);
  });

  it('of IPv4 has the same addresses written as IPv6, and an address with its zone', () => {
    expect(isInRanges('::ffff:10.1.2.3', [parseIpRange('10.0.0.0/8')!])).toBe(true);
    expect(isInRanges('10.1.2.3', [parseIpRange('::ffff:10.1.2.3')!])).toBe(true);
    expect(isInRanges('10.1.2.3', [parseIpRange('::ffff:10.0.0.0/104')!])).toBe(true);
    expect(isInRanges('11.1.2.3', [parseIpRange('::ffff:10.0.0.0/104')!])).toBe(false);
    expect(parseIpRange('::ffff:10.0.0.0/24')).toBeUndefined();
    expect(isInRanges('fe80::1%eth0', [parseIpRange('fe80::/16')!])).toBe(true);
  });

  it('is not what is no address', () => {
    expect(isInRanges('unknown', [parseIpRange('0.0.0.0/0')!, parseIpRange('::/0')!])).toBe(false);
    expect(isInRanges('10.0.0.1', [])).toBe(false);
  });

  it.each([
    '',
    '/',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8x',
    '10.0.0.0/8/8',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0.0',
    '010.0.0.1',
    ' 10.0.0.1',
    '*',
    'localhost',
    '::1/129',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    '[::1]',
    'fe80::1%eth0',
    '1.2.3.4::',
  ])('"%s" is none', (text) => {
    expect(parseIpRange(text)).toBeUndefined();
  });
});
