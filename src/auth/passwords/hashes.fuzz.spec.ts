import * as fc from 'fast-check';
import { anyText, forAll, mutated } from '../../../test/support/fuzz';
import { faultOfImportedHash } from './imported-hash';
import {
  type Argon2Parameters,
  dummyHash,
  isAffordable,
  needsRehash,
  parsePasswordHash,
} from './password-hash';

const WANTED: Argon2Parameters = { memoryKib: 19_456, timeCost: 2, parallelism: 1 };

const parameters = fc.record({
  memoryKib: fc.oneof(fc.integer({ min: 8, max: 1 << 20 }), fc.integer({ min: 1, max: 2 ** 31 })),
  timeCost: fc.integer({ min: 1, max: 200 }),
  parallelism: fc.integer({ min: 1, max: 300 }),
});
const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });
const base64 = (part: Uint8Array): string =>
  Buffer.from(part).toString('base64').replace(/=+$/, '');

const argon2 = fc
  .record({
    scheme: fc.constantFrom('argon2id', 'argon2i', 'argon2d'),
    version: fc.constantFrom('$v=19', '$v=16', ''),
    parameters,
    salt: bytes,
    output: bytes,
  })
  .map((facts) => {
    const { memoryKib, timeCost, parallelism } = facts.parameters;
    const costs = `m=${memoryKib},t=${timeCost},p=${parallelism}`;
    const parts = [facts.scheme + facts.version, costs, base64(facts.salt), base64(facts.output)];
    return { ...facts, hash: `$${parts.join('$')}` };
  });
const bcrypt = fc
  .tuple(fc.constantFrom('2a', '2b', '2y'), fc.nat(99), fc.stringMatching(/^[./A-Za-z0-9]{53}$/))
  .map(([kind, cost, rest]) => `$${kind}$${String(cost).padStart(2, '0')}$${rest}`);
const hashes = fc.oneof(
  argon2.map(({ hash }) => hash),
  bcrypt,
);
const anyHash = fc.oneof(hashes, mutated(hashes), anyText(80));

it('an argon2 hash is read as it was written', () => {
  forAll([argon2], ({ hash, scheme, version, parameters: costs, salt, output }) => {
    expect(parsePasswordHash(hash)).toEqual({
      ...costs,
      scheme,
      version: version === '$v=19' ? 19 : 16,
      saltBytes: salt.length,
      outputBytes: output.length,
    });
  });
});

it('any text is a hash with parameters of at least one, or none, and never throws', () => {
  forAll([anyHash], (text) => {
    const parsed = parsePasswordHash(text);
    const numbers = parsed?.scheme === 'bcrypt' ? [parsed.cost + 1] : Object.values(parsed ?? {});
    for (const number of numbers.filter((value) => typeof value === 'number'))
      expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
    expect(needsRehash(text, WANTED) || parsed?.scheme === 'argon2id').toBe(true);
  });
});

it('whatever comes with an import is refused in words that do not hold it, or can be checked', () => {
  forAll([anyHash, parameters], (text, wanted) => {
    const fault = faultOfImportedHash(text, wanted);
    const parsed = parsePasswordHash(text);
    expect(fault ?? 'must').toMatch(/^(must|has) ?/);
    expect(text !== '' && text.length > 12 && (fault ?? '').includes(text)).toBe(false);
    expect(fault !== null || (parsed !== null && isAffordable(parsed, wanted))).toBe(true);
  });
});

it('no import makes a sign-in dearer than four passes over 256 MiB, or what is in use', () => {
  const costly = fc.record({
    memoryKib: fc.integer({ min: 1024, max: 512 * 1024 }),
    timeCost: fc.integer({ min: 1, max: 20 }),
    parallelism: fc.integer({ min: 1, max: 20 }),
  });
  forAll([costly], (costs) => {
    const { memoryKib, timeCost, parallelism } = costs;
    const isDear = memoryKib * timeCost > 4 * 256 * 1024;
    const isTaken = faultOfImportedHash(dummyHash(costs), WANTED) === null;
    expect(isTaken).toBe(!isDear && memoryKib <= 256 * 1024 && timeCost <= 16 && parallelism <= 16);
  });
});

it('a hash as we make them needs no other, comes back by an import, and passes for a real one', () => {
  const possible = parameters.filter((p) => p.memoryKib >= 8 * p.parallelism);
  const one = fc.constantFrom<keyof Argon2Parameters>('memoryKib', 'timeCost', 'parallelism');
  forAll([possible, one, fc.integer({ min: 1, max: 9 })], (wanted, name, by) => {
    const hash = dummyHash(wanted);
    expect([needsRehash(hash, wanted), faultOfImportedHash(hash, wanted)]).toEqual([false, null]);
    expect(needsRehash(hash, { ...wanted, [name]: wanted[name] + by })).toBe(true);
  });
});
