import { posix } from 'node:path';
import * as fc from 'fast-check';
import { FixedClock } from '../../../test/support/fixed-clock';
import { anyText, forAll, forAllAsync, mutated, storableText } from '../../../test/support/fuzz';
import type { AppConfig } from '../../config/app-config';
import type { Flow } from './flow';
import { FlowCookies } from './flow-cookies';
import { FlowSeal } from './flow-seal';
import { allowedTarget } from './redirect-targets';

const clock = new FixedClock();
const seal = new FlowSeal({ tokens: { secretKey: 'a-key-for-tests' } } as AppConfig, clock);
const cookies = new FlowCookies({
  addresses: { backendUrl: 'https://auth.example.com' },
} as AppConfig);

const text = storableText(40);
const flows: fc.Arbitrary<Flow> = fc.record({
  id: fc.uuid(),
  provider: text,
  state: text,
  nonce: text,
  codeVerifier: text,
  redirectTo: fc.option(text),
  linker: fc.option(
    fc.record({ userId: fc.uuid(), sessionId: fc.uuid() }, { noNullPrototype: true }),
  ),
  expiresAt: fc.integer({ min: 1, max: 10_000 }).map((seconds) => clock.inSeconds(seconds)),
});

describe('a sealed flow', () => {
  it('opens to what was sealed, whatever that is', async () => {
    await forAllAsync([flows], async (flow) => {
      expect(await seal.open(await seal.seal(flow))).toEqual(flow);
    });
  });

  it('with anything in it changed does not open', async () => {
    const change = fc.record({
      kind: fc.nat(2),
      at: fc.oneof(fc.nat(), fc.constant(Infinity)),
      by: fc.oneof(anyText(5), fc.constantFrom('.', '.x', '..')),
    });
    await forAllAsync([flows, flows, change], async (flow, other, { kind, at, by }) => {
      const [one, two] = [await seal.seal(flow), await seal.seal(other)];
      const position = at === Infinity ? one.length : at % one.length;
      const forged = [
        one.slice(0, position) + by + one.slice(position),
        one.slice(0, position) + by + one.slice(position + by.length + 1),
        one.slice(0, position) + two.slice(position),
      ][kind]!;
      fc.pre(!isSameBytes(forged, one) && !isSameBytes(forged, two));
      expect(await seal.open(forged)).toBeNull();
    });
  });

  it('is nothing that anybody could guess', async () => {
    const part = fc.stringMatching(/^[\w-]{0,30}$/);
    const jwe = fc.array(part, { minLength: 3, maxLength: 6 }).map((parts) => parts.join('.'));
    await forAllAsync([fc.oneof(jwe, anyText(100))], async (guess) => {
      expect(await seal.open(guess)).toBeNull();
    });
  });
});

/** The last letter of a part has bits that mean nothing, and what is no letter is passed over. */
const isSameBytes = (one: string, other: string): boolean => {
  const [a, b] = [one.split('.'), other.split('.')];
  const bytesOf = (part = ''): string => Buffer.from(part, 'base64url').toString('hex');
  return (
    a.length === b.length &&
    a[0] === b[0] &&
    a.every((part, at) => bytesOf(part) === bytesOf(b[at]))
  );
};

describe('a cookie of a flow', () => {
  it('is found by its own state and by no other, among any others', () => {
    forAll([text, text, fc.array(text, { maxLength: 3 })], (state, other, more) => {
      const header = [state, ...more.filter((one) => one !== state)]
        .map((one) => cookies.begin(one, 'SEALED', undefined)[0]!.split(';')[0])
        .filter((pair, at, all) => all.indexOf(pair) === at)
        .join('; ');
      expect(cookies.find(state, header)).toBe('SEALED');
      const isThere = other === state || more.includes(other);
      expect(cookies.find(other, header)).toBe(isThere ? 'SEALED' : null);
    });
  });

  it('echoes nothing of any Cookie header that could begin another attribute or header', () => {
    const header = fc
      .array(
        fc.oneof(
          anyText(20),
          anyText(10).map((tail) => `__Host-gatehouse_oauth_${tail}=1`),
        ),
      )
      .map((parts) => parts.join('; '));
    forAll([text, header], (state, given) => {
      for (const line of cookies.begin(state, 'SEALED', given))
        expect(line).toMatch(
          /^__Host-gatehouse_oauth_[\w-]*=[A-Z]*; Path=\/; Max-Age=\d+; [\w; =]+$/,
        );
    });
  });
});

describe('a redirect target', () => {
  const ALLOWED = ['https://app.example.com/app', 'http://localhost:3000'];
  const beneath = fc
    .tuple(fc.constantFrom(...ALLOWED), fc.constantFrom('', '/', '?', '#', '/x/'), anyText(12))
    .map((parts) => parts.join(''));
  const start = fc.constantFrom(
    'https://app.example.com',
    'https://app.example.com',
    'https://app.example.com',
    'https://x@app.example.com',
    'https://:@app.example.com',
    'https://app.example.com@evil.example',
    'https://app.example.com.evil.example',
    'https:/\\app.example.com',
    '//app.example.com',
    'http://localhost:3000@evil.example',
    'http://localhost:3000',
  );
  const step = fc.constantFrom(
    '/app',
    '/..',
    '/x',
    '/..%2f',
    '%2e%2e/',
    '%5C..',
    '/admin',
    'lication',
    '/App',
    ';',
  );
  const lookalike = fc
    .tuple(
      start,
      fc.constantFrom('', '/app', '/app', '/app/..%2f', '/app/x'),
      fc.array(step, { maxLength: 4 }),
      fc.constantFrom('', '', '', '/', '?', '\n', '\\'),
    )
    .map(([place, folder, steps, end]) => place + folder + steps.join('') + end);

  it('of any text is null or lies at or beneath an allowed place, however a browser reads it', () => {
    forAll(
      [fc.oneof(anyText(), beneath, lookalike, lookalike, lookalike, mutated(beneath))],
      (given) => {
        const target = allowedTarget(given, ALLOWED);
        if (!target) return;
        // As a browser reads the Location header from a page of any kind, and then a server the path.
        const seen = new URL(target.href, 'https://evil.example/x');
        const path = posix.normalize(
          seen.pathname
            .replaceAll(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
            .replaceAll('\\', '/'),
        );
        const isIn = ALLOWED.some((place) => {
          const { origin, pathname } = new URL(place);
          const folder = pathname.replace(/\/$/, '');
          return seen.origin === origin && (path === folder || path.startsWith(`${folder}/`));
        });
        expect([target.href, isIn]).toEqual([target.href, true]);
        expect(target.href).toMatch(/^https?:\/\/[!-~]+$/);
        expect(target.href).not.toMatch(/^[^/]+\/\/[^/]*@|[\\\s]/);
      },
    );
  });

  it('is taken as it is where it plainly lies beneath', () => {
    const tail = fc.stringMatching(/^(\/[a-z0-9_~-]{1,8}){1,3}(\?[a-z=&]{0,8})?(#[a-z]{0,5})?$/);
    forAll([fc.constantFrom(...ALLOWED), tail], (place, path) => {
      expect(allowedTarget(place + path, ALLOWED)?.href).toBe(place + path);
    });
  });
});
