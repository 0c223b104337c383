import * as fc from 'fast-check';
import { anyJson, anyText, forAll } from '../../../test/support/fuzz';
import { isStorable } from '../../common/http/validation.pipe';
import type { FieldMap } from '../../config/oauth-settings';
import { readEmail, readProfile, vouched } from './provider-profile';

const FIELDS: FieldMap = {
  subject: 'sub',
  email: 'email',
  emailVerified: 'email_verified',
  name: 'name',
  username: 'preferred_username',
  picture: 'picture',
};

const letter = fc.constantFrom(
  'a',
  'K',
  '\u212a',
  'É',
  'e\u0301',
  'J\u030c',
  'İ',
  'ſ',
  'ﬁ',
  '.',
  '한',
);
const address = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: letter, minLength: 1, maxLength: 5 }).map((name) => `${name}@Example.com`),
  fc
    .tuple(anyText(8), fc.constantFrom('example.com', 'ünïcode.example', '127.0.0.1'))
    .map((parts) => parts.join('@')),
);
const picture = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(
      fc.constantFrom('https://a.example/', 'HTTP:a', 'javascript:', 'data:', '//'),
      anyText(9),
    )
    .map((parts) => parts.join('')),
);

/** What a user object might hold at each place, likely or not. */
const claims = fc.record(
  {
    sub: fc.oneof(anyText(300), anyJson(), fc.integer(), fc.constantFrom(2 ** 53, 1.5, -0)),
    email: fc.oneof(address, anyJson()),
    email_verified: fc.oneof(fc.constantFrom<unknown>(true, false, 'true', 'false', 1), anyJson()),
    name: fc.oneof(anyText(150), anyJson()),
    preferred_username: fc.oneof(anyText(150), anyJson()),
    picture: fc.oneof(picture, anyJson()),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Null where nobody was named. */
function profileOf(given: unknown, fields = FIELDS) {
  try {
    return readProfile(given, fields);
  } catch (error) {
    if ((error as Error).message === 'the provider named no usable subject') return null;
    throw error;
  }
}

it('any answer names somebody with facts that can be stored, or nobody', () => {
  forAll([fc.oneof({ weight: 5, arbitrary: claims }, anyJson())], (given) => {
    const profile = profileOf(given);
    const { subject, email, name, username, picture: url } = profile ?? profileOf({ sub: 'x' })!;
    expect(subject.length > 0 && subject.length <= 255).toBe(true);
    for (const fact of [subject, email, name, username, url])
      expect(isStorable(fact ?? '')).toBe(true);
    for (const line of [name, username]) expect(line ?? 'x').toMatch(/^[^\p{Cc}]{1,100}$/u);
    expect(url ?? 'https://').toMatch(/^https?:\/\/[!-~]*$/);
  });
});

it('an address counts as verified only where the provider said true, and never without one', () => {
  forAll([claims, fc.boolean()], (given, isTrusted) => {
    const profile = profileOf({ ...given, sub: 'x' })!;
    const isSaid = given.email_verified === true || given.email_verified === 'true';
    expect(profile.hasVerifiedEmail).toBe(isSaid && profile.email !== null);
    expect(vouched(profile, isTrusted).hasVerifiedEmail).toBe(
      profile.email !== null && (isTrusted || isSaid),
    );
  });
});

it('an address that is read is plain, and reads as itself again', () => {
  forAll([fc.oneof(address, anyText())], (text) => {
    const email = readEmail(text);
    expect(email ?? 'a@b').toMatch(/^[^\s"\p{C}\p{Z}@]+@[^\s"\p{C}\p{Z}@]+$/u);
    expect(email).toBe(email?.toLowerCase().normalize('NFC') ?? null);
    expect(readEmail(email)).toBe(email);
  });
});

it('an address with a letter that only folds to ASCII is never the ASCII one', () => {
  const impostor = fc.constantFrom('\u212a', '\u017f').filter((sign) => sign.length === 1);
  const ascii = fc.stringMatching(/^[a-z]{0,4}$/);
  forAll([ascii, impostor, ascii], (head, sign, tail) => {
    const email = readEmail(`${head}${sign}${tail}@example.com`);
    expect(email ?? '\u00e9').toMatch(/[^\0-\x7f]/);
  });
});

it('a path finds what lies there by own names, and nothing that every object has', () => {
  const name = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'toString', 'length', '0', 'a'),
    anyText(6).filter((text) => text !== '' && !text.includes('.')),
  );
  const path = fc.array(name, { minLength: 1, maxLength: 3 });
  forAll([path, anyText(20), anyJson()], (names, subject, other) => {
    const fields = { ...FIELDS, subject: names.join('.') };
    const nested = names.reduceRight<unknown>(
      (inner, key) => Object.defineProperty({}, key, { value: inner, enumerable: true }),
      subject,
    );
    const isGood = subject !== '' && isStorable(subject) && subject.length <= 255;
    expect(profileOf(nested, fields)?.subject ?? null).toBe(isGood ? subject : null);
    // In something else it is found only if it is there.
    const found = profileOf({ other }, fields)?.subject ?? null;
    expect(found === null || names[0] === 'other').toBe(true);
  });
});

it('a subject that is a number is its digits, unless JSON could not carry it exactly', () => {
  forAll([fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double())], (sub) => {
    const isExact = Number.isSafeInteger(sub);
    expect(profileOf({ sub }, FIELDS)?.subject ?? null).toBe(isExact ? String(sub) : null);
  });
});
