import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { anyText, forAll, mutated } from '../../../test/support/fuzz';
import { isPublicAddress } from './public-address';

const bitsOf = (ip: string): number =>
  ip.split('.').reduce((bits, byte) => bits * 256 + Number(byte), 0);

/** IANA's registry of special-purpose IPv4 addresses, with multicast and what is reserved. */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map((range) => {
  const [start = '', length] = range.split('/');
  return { start: bitsOf(start), size: 2 ** (32 - Number(length)) };
});

const v4 = fc
  .oneof(
    fc.nat(0xffffffff),
    // At the edges of a range, where mistakes are.
    fc
      .tuple(fc.constantFrom(...NOT_PUBLIC), fc.integer({ min: -2, max: 2 }), fc.boolean())
      .map(([{ start, size }, by, atEnd]) => Math.max(0, (start + (atEnd ? size : 0) + by) >>> 0)),
  )
  .map((bits) => ({ bits, text: [24, 16, 8, 0].map((at) => (bits >>> at) & 255).join('.') }));

/** Eight groups, often of a range that means something. */
const START = ['0', '64', '100', '2001', '2002', '2606', '2a00', '3fff', 'fc00', 'fe80', 'ff02'];
const group = fc.oneof(
  fc.constant('0'),
  fc.nat(0xffff).map((bits) => bits.toString(16)),
);
const groups = fc
  .tuple(fc.constantFrom(...START), fc.array(group, { minLength: 7, maxLength: 7 }))
  .map(([start, rest]) => [start, ...rest]);

/** The same address in other letters. */
const SPELLINGS: readonly ((all: readonly string[]) => string)[] = [
  (all) => all.join(':'),
  (all) => all.join(':').toUpperCase(),
  (all) => all.map((text) => text.padStart(4, '0')).join(':'),
  // RFC 4291 §2.2: one run of zeros may be left out.
  (all) =>
    all
      .join(':')
      .replace(/\b0(:0)+\b/, ':')
      .replace(/(^|[^:]):::?(?!:)/, '$1::'),
  (all) => {
    const [high = 0, low = 0] = all.slice(6).map((text) => parseInt(text, 16));
    const dotted = [high >> 8, high & 255, low >> 8, low & 255].join('.');
    return `${all.slice(0, 6).join(':')}:${dotted}`;
  },
];

it('an IPv4 address is public exactly where no registry says otherwise', () => {
  forAll([v4], ({ bits, text }) => {
    const isSpecial = NOT_PUBLIC.some(({ start, size }) => bits >= start && bits < start + size);
    expect([text, isPublicAddress(text)]).toEqual([text, !isSpecial]);
  });
});

it('no IPv6 spelling or tunnel of any IPv4 address is public', () => {
  const wraps = fc.constantFrom<(ip: string) => string>(
    (ip) => `::ffff:${ip}`,
    (ip) => `0:0:0:0:0:ffff:${ip}`,
    (ip) => `::${ip}`,
    (ip) => `::ffff:0:${ip}`,
    (ip) => `64:ff9b::${ip}`,
    (ip) => `64:ff9b:1::${ip}`,
    (ip) => `2002:${hex(ip)}::`,
    (ip) => `2001:0:${hex(ip)}::1`,
    (ip) => `fe80::5efe:${ip}`,
  );
  forAll([v4, wraps, fc.boolean()], ({ text }, wrap, isUpper) => {
    const address = isUpper ? wrap(text).toUpperCase() : wrap(text);
    expect([isIP(address), isPublicAddress(address)]).toEqual([6, false]);
  });
});

const hex = (ip: string): string => {
  const bits = bitsOf(ip);
  return `${(bits >>> 16).toString(16)}:${(bits & 0xffff).toString(16)}`;
};

it('however an IPv6 address is spelt, the answer is the same, and no beyond 2000::/3', () => {
  forAll([groups], (all) => {
    const spellings = SPELLINGS.map((spell) => spell(all)).filter((text) => isIP(text) === 6);
    const answers = new Set(spellings.map(isPublicAddress));
    expect([spellings.length > 2, answers.size]).toEqual([true, 1]);
    const isGlobal = /^[23]/.test(all[0]!.padStart(4, '0'));
    expect(answers.has(true) && !isGlobal).toBe(false);
  });
});

it('what is no address is not public, and nothing is told by throwing', () => {
  const zoned = fc
    .tuple(fc.ipV6(), fc.stringMatching(/^%[0-9A-Za-z.:-]{1,6}$/))
    .map((parts) => parts.join(''));
  const address = fc.oneof(fc.ipV4Extended(), fc.ipV6(), fc.domain());
  forAll([fc.oneof(anyText(), zoned, address, mutated(address))], (text) => {
    expect(isPublicAddress(text) && isIP(text) === 0).toBe(false);
  });
});
