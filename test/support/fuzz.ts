import * as fc from 'fast-check';

/** FUZZ_RUNS asks for at least so many runs of each property, FUZZ_SEED for other values. */
const LEAST_RUNS = Number(process.env.FUZZ_RUNS ?? 0);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);

const RUNS = 100;

// More runs take longer, and a busy machine is no fault.
jest.setTimeout(3_600_000);

type Arbitraries<Ts> = { [K in keyof Ts]: fc.Arbitrary<Ts[K]> };

interface Extent {
  readonly runs?: number;
  /** Sets properties of one shape apart, which would all see the same values. */
  readonly salt?: number;
}

const parametersOf = ({ runs = RUNS, salt = 0 }: Extent) => ({
  seed: SEED + salt,
  numRuns: Math.max(runs, LEAST_RUNS),
});

/**
 * Holds `body` against the same generated values every time. A failure tells the seed, the path and
 * the smallest values that break it.
 */
export function forAll<Ts extends [unknown, ...unknown[]]>(
  arbitraries: Arbitraries<Ts>,
  body: (...values: Ts) => void,
  extent: Extent = {},
): void {
  fc.assert(fc.property<Ts>(...arbitraries, body), parametersOf(extent));
}

/** As `forAll`, one after the other. */
export function forAllAsync<Ts extends [unknown, ...unknown[]]>(
  arbitraries: Arbitraries<Ts>,
  body: (...values: Ts) => Promise<void>,
  extent: Extent = {},
): Promise<void> {
  return fc.assert(fc.asyncProperty<Ts>(...arbitraries, body), parametersOf(extent));
}

/** Halves of pairs as they come: nothing that UTF-8 has, and JSON can carry it. */
const unit16 = fc.nat(0xffff).map((code) => String.fromCharCode(code));

/** What has gone wrong somewhere before. */
const HOSTILE = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud800',
  '\r\nX-Injected: 1',
  '\u2028',
  '\u202egnp.exe',
  '\ufeff',
  '\ufe0f'.repeat(300),
  'e\u0301',
  'J\u030c',
  '\u212a',
  '\u0130',
  '\u1e9e',
  '𝕒𝕕𝕒',
  '👩‍👩‍👧‍👦',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'true',
  '-0',
  '1e999',
  '99999999999999999999',
  '%00',
  '%ff',
  '../../etc/passwd',
  "' OR '1'='1",
  '%_\\',
  '<script>alert(1)</script>',
  '"><img src=x>',
  '{{7*7}}',
  '${7*7}',
  'javascript:alert(1)',
  '//evil.example',
  'x'.repeat(5000),
];

/** Any text at all, well-formed or not, and more often than not an odd one. */
export const anyText = (maxLength = 30): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength }),
    fc.string({ unit: 'grapheme', maxLength }),
    fc.string({ unit: 'binary', maxLength }),
    fc.string({ unit: unit16, maxLength }),
    fc.string({
      unit: fc.constantFrom('\0', '\r', '\n', '\t', ' ', '\u00a0', 'a', 'A'),
      maxLength,
    }),
    fc.constantFrom(...HOSTILE),
  );

/** As `anyText`, of what UTF-8 and Postgres can hold. */
export const storableText = (maxLength = 30): fc.Arbitrary<string> =>
  anyText(maxLength).map((text) => text.replaceAll('\0', '').toWellFormed());

/** Whatever JSON can say. */
export const anyJson = (maxDepth = 3): fc.Arbitrary<unknown> =>
  fc.oneof(
    anyText(),
    fc.jsonValue({
      maxDepth,
      stringUnit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), unit16),
    }),
    fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1e308, 5e-324, 2 ** 53, 0.1, [], {}),
  );

/** The text with something in it deleted, inserted, replaced, doubled or in another case. */
export const mutated = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat(), fc.nat(12), anyText(4), fc.nat(5))
    .map(([whole, position, length, other, kind]) => {
      const at = whole === '' ? 0 : position % whole.length;
      const [head, middle, tail] = [
        whole.slice(0, at),
        whole.slice(at, at + length + 1),
        whole.slice(at + length + 1),
      ];
      const middles = [
        '',
        other,
        middle + other,
        middle + middle,
        swappedCase(middle),
        String.fromCharCode((middle.charCodeAt(0) || 0) ^ (1 << (position % 7))) + middle.slice(1),
      ];
      return head + middles[kind]! + tail;
    });

const swappedCase = (text: string): string =>
  text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase();
