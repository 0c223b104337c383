import * as fc from 'fast-check';
import { anyText, forAll, mutated } from '../../test/support/fuzz';
import { bearerTokenIn } from './bearer-token';
import { cookieIn, renderCookie } from './cookies/cookie-header';
import { describeDevice } from './sessions/device';

/** What a JWT, or any sane token, is written in. */
const token = fc.stringMatching(/^[\w.~+/-]{1,40}=*$/);
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const value = fc.stringMatching(/^[!#-+\--:<-[\]-~]{1,20}$/);

describe('an Authorization header', () => {
  it('presents the token that stands behind Bearer, in any case', () => {
    const scheme = fc.constantFrom('Bearer', 'bearer', 'BEARER', 'bEaReR');
    forAll([scheme, fc.integer({ min: 1, max: 5 }), token], (word, spaces, given) => {
      expect(bearerTokenIn(word + ' '.repeat(spaces) + given)).toBe(given);
    });
  });

  it('of any text presents all that follows a Bearer, or nothing', () => {
    const header = fc.tuple(fc.constantFrom('Bearer ', 'Basic ', 'Bearer', ''), anyText());
    forAll(
      [
        fc.oneof(
          header.map((parts) => parts.join('')),
          anyText(),
        ),
      ],
      (text) => {
        const found = bearerTokenIn(text);
        const isBearer = /^bearer +\S/i.test(text) && !/[\n\r\u2028\u2029]/.test(text);
        expect(found !== null).toBe(isBearer);
        expect(text.endsWith(found ?? '') && !/^\s/.test(found ?? '')).toBe(true);
      },
    );
  });
});

describe('a Cookie header', () => {
  const cookies = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: 1 });
  const separator = fc.constantFrom(';', '; ', ';\t ', ' ;  ');

  it('has each of its cookies, and no other', () => {
    forAll([cookies, separator.filter((text) => !text.startsWith(' ')), name], (all, by, other) => {
      const header = all.map(([key, held]) => `${key}=${held}`).join(by);
      for (const [key, held] of all) expect(cookieIn(header, key)).toBe(held);
      const isThere = all.some(([key]) => key === other);
      expect(cookieIn(header, other) !== null).toBe(isThere);
    });
  });

  it('has none of those that come twice, wherever they stand', () => {
    forAll([cookies, value, fc.nat(), fc.nat()], (all, second, which, where) => {
      const [key] = all[which % all.length]!;
      const twice = all.toSpliced(where % (all.length + 1), 0, [key, second]);
      expect(cookieIn(twice.map((pair) => pair.join('=')).join('; '), key)).toBeNull();
    });
  });

  it('of any text has nothing or what stands in it behind the name', () => {
    const pairs = cookies.chain((all) =>
      fc.tuple(
        mutated(fc.constant(all.map((pair) => pair.join('=')).join('; '))),
        fc.constantFrom(...all.map(([key]) => key)),
      ),
    );
    const empty = name.map((key): [string, string] => [`a=1; ${key}=`, key]);
    forAll([fc.oneof(fc.tuple(anyText(), name), pairs, empty)], ([header, key]) => {
      const found = cookieIn(header, key);
      expect(header.includes(`${key}=${found ?? ''}`) || found === null).toBe(true);
      expect(found ?? 'none').not.toMatch(/^$|;/);
    });
  });

  it('brings back what a Set-Cookie header set', () => {
    const attributes = fc.record({
      path: fc.constantFrom('/', '/api/v1/auth'),
      maxAgeSeconds: fc.double({ min: 0, max: 1e7, noNaN: true }),
      isHttpOnly: fc.boolean(),
      isSecure: fc.boolean(),
    });
    forAll([name, value, attributes], (key, held, about) => {
      const [pair = '', ...rest] = renderCookie(key, held, about).split('; ');
      expect(cookieIn(pair, key)).toBe(held);
      const age = Number(rest.find((part) => part.startsWith('Max-Age='))?.slice(8));
      expect(Number.isInteger(age) && age >= about.maxAgeSeconds).toBe(true);
      expect(age === 0).toBe(about.maxAgeSeconds === 0);
    });
  });
});

it('a device of any user agent is a few words, and nothing that could be markup or a link', () => {
  const word = fc.constantFrom(
    'Mozilla/5.0',
    '(X11; Linux x86_64)',
    'AppleWebKit/537.36',
    'Firefox/128.0',
    'Version/',
    'Android 14;',
    'Windows NT 10.0;',
    '(((((',
    ' / / / ',
    ';;;;',
    'curl/8',
  );
  const agent = fc.oneof(
    anyText(300),
    fc.array(fc.oneof(word, anyText(8)), { maxLength: 30 }).map((words) => words.join(' ')),
    word.map((text) => text.repeat(40)),
    fc.constantFrom(' ', '/', '/5.0', '\u00a0', `${'x'.repeat(500)}/1 `),
  );
  forAll([agent.map((text) => text.slice(0, 512))], (userAgent) => {
    const device = describeDevice(userAgent);
    expect(device.trim()).not.toBe('');
    expect(Array.from(device).length).toBeLessThanOrEqual(60);
    expect(device).not.toMatch(/[\p{Cc}<>"&/]/u);
  });
});
