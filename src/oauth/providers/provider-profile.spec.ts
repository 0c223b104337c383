import type { FieldMap } from '../../config/oauth-settings';
import { titled } from '../../../test/support/titled';
import { isTrue, readEmail, readProfile, vouched } from './provider-profile';

const OIDC: FieldMap = {
  subject: 'sub',
  email: 'email',
  emailVerified: 'email_verified',
  name: 'name',
  username: 'preferred_username',
  picture: 'picture',
};
const ADA = {
  sub: '1815',
  email: 'ada@example.com',
  email_verified: true,
  name: 'Ada Lovelace',
  preferred_username: 'ada',
  picture: 'https://pictures.example.com/ada.png',
};
const PROFILE = {
  subject: '1815',
  email: 'ada@example.com',
  hasVerifiedEmail: true,
  name: 'Ada Lovelace',
  username: 'ada',
  picture: 'https://pictures.example.com/ada.png',
};

const read = (claims: object) => readProfile({ ...ADA, ...claims }, OIDC);

/** What no field but a boolean takes for a fact. */
const ODD = [undefined, null, false, 0, 1, Number.NaN, [], ['x'], {}, { toString: () => 'x' }];

it('is read whole where all is well', () => {
  expect(readProfile(ADA, OIDC)).toEqual(PROFILE);
});

it('is a subject and no more where nothing else is told', () => {
  expect(readProfile({ sub: '1815' }, OIDC)).toEqual({
    subject: '1815',
    email: null,
    hasVerifiedEmail: false,
    name: null,
    username: null,
    picture: null,
  });
});

describe('the subject', () => {
  it.each([
    ['1815', '1815'],
    ['auth0|5f7c8ec7c33c6c004bbafe82', 'auth0|5f7c8ec7c33c6c004bbafe82'],
    ['Ada', 'Ada'],
    ['ÀDA', 'ÀDA'],
    [1815, '1815'],
    [0, '0'],
    [9007199254740991, '9007199254740991'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%j is taken as it is', (sub, subject) => {
    expect(read({ sub }).subject).toBe(subject);
  });

  it('is not normalised: two that differ in bytes are two people', () => {
    expect(read({ sub: 'é' }).subject).not.toBe(read({ sub: 'e\u0301' }).subject);
    expect(read({ sub: 'ada' }).subject).not.toBe(read({ sub: 'ADA' }).subject);
  });

  it.each([
    undefined,
    null,
    '',
    true,
    false,
    [],
    ['1815'],
    {},
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    9007199254740992,
    'x'.repeat(256),
    'a\0b',
    '\ud800',
  ])('%p is none, and nobody has proven anything', (sub) => {
    expect(() => read({ sub })).toThrow('no usable subject');
  });

  it.each([undefined, null, '', 'sub', 42, true, []])(
    'is not found in %j, which is no user object',
    (claims) => {
      expect(() => readProfile(claims, OIDC)).toThrow('no usable subject');
    },
  );
});

describe('the address', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    [' Ada@Example.COM ', 'ada@example.com'],
    ['ada+news@example.com', 'ada+news@example.com'],
    ['zoe\u0308@example.com', 'zoë@example.com'],
    [`${'x'.repeat(64)}@example.com`, `${'x'.repeat(64)}@example.com`],
  ])('%j is that of accounts', (email, expected) => {
    expect(readEmail(email)).toBe(expected);
    expect(read({ email })).toMatchObject({ email: expected, hasVerifiedEmail: true });
  });

  it.each(
    titled([
      '',
      ' ',
      'ada',
      '@example.com',
      'ada@',
      'ada@example',
      'ada@@example.com',
      'ada@example.com, eve@example.com',
      'ada@example.com\neve@example.com',
      'ada@example.com\0',
      'a\0da@example.com',
      'Ada <ada@example.com>',
      '"ada"@example.com',
      '"ada lovelace"@example.com',
      'ada\u00a0l@example.com',
      'ada\u200b@example.com',
      'ada\u202e@example.com',
      'ada\ud800@example.com',
      'mailto:ada@example.com?cc=eve@example.com',
      `${'x'.repeat(65)}@example.com`,
      `ada@${'x.'.repeat(125)}com`,
    ]),
  )('%s is none, and is not verified', (_, email) => {
    expect(readEmail(email)).toBeNull();
    expect(read({ email })).toMatchObject({ email: null, hasVerifiedEmail: false });
  });

  it.each(ODD)('%p is none', (email) => {
    expect(read({ email })).toMatchObject({ email: null, hasVerifiedEmail: false });
  });
});

describe('a verified address', () => {
  it.each([true, 'true'])('is what %j says', (email_verified) => {
    expect(isTrue(email_verified)).toBe(true);
    expect(read({ email_verified }).hasVerifiedEmail).toBe(true);
  });

  it.each([
    false,
    'false',
    undefined,
    null,
    0,
    1,
    '1',
    '',
    'TRUE',
    'True',
    ' true',
    'yes',
    [true],
    ['true'],
    {},
    { verified: true },
    1815,
  ])('is not what %p says', (email_verified) => {
    expect(isTrue(email_verified)).toBe(false);
    expect(read({ email_verified })).toMatchObject({ ...PROFILE, hasVerifiedEmail: false });
  });

  it('is not where the map does not say where that is told', () => {
    const fields = { ...OIDC, emailVerified: null };
    expect(readProfile(ADA, fields)).toMatchObject({ email: ADA.email, hasVerifiedEmail: false });
  });

  it('is every address that there is, on the word of the operator', () => {
    const unverified = read({ email_verified: false });
    expect(vouched(unverified, false)).toEqual(unverified);
    expect(vouched(unverified, true)).toEqual(PROFILE);
    const without = read({ email: null });
    expect(vouched(without, true)).toEqual(without);
  });
});

describe('name and username', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ['  Ada  ', 'Ada'],
    ['Zoe\u0308', 'Zoë'],
    ['李小龍', '李小龍'],
    ['Ada\nLovelace', 'Ada Lovelace'],
    ['Ada\0', 'Ada'],
    ['\u001b[31mAda', '[31mAda'],
    ['<script>', '<script>'],
    ['x'.repeat(100), 'x'.repeat(100)],
    ['x'.repeat(101), 'x'.repeat(100)],
    [`${'x'.repeat(99)} y`, 'x'.repeat(99)],
    [`${'x'.repeat(99)}💩y`, `${'x'.repeat(99)}💩`],
    ['💩'.repeat(101), '💩'.repeat(100)],
  ])('%j becomes %j', (given, line) => {
    expect(read({ name: given }).name).toBe(line);
    expect(read({ preferred_username: given }).username).toBe(line);
  });

  it.each([...ODD, '', ' ', '\0', '\n\t', '\ud800', 'Ada \udc00'])('%p is none', (given) => {
    expect(read({ name: given }).name).toBeNull();
    expect(read({ preferred_username: given }).username).toBeNull();
  });
});

describe('the picture', () => {
  it.each([
    ['https://pictures.example.com/ada.png', 'https://pictures.example.com/ada.png'],
    ['http://pictures.example.com/ada.png', 'http://pictures.example.com/ada.png'],
    ['HTTPS://Pictures.Example.com/Ada.png?s=96#x', 'https://pictures.example.com/Ada.png?s=96#x'],
    ['https://pictures.example.com/a da.png', 'https://pictures.example.com/a%20da.png'],
    ['https://pictures.example.com/"><script>', 'https://pictures.example.com/%22%3E%3Cscript%3E'],
  ])('%j is taken as %s', (picture, url) => {
    expect(read({ picture }).picture).toBe(url);
  });

  it.each(
    titled([
      '',
      'ada.png',
      '/ada.png',
      '//pictures.example.com/ada.png',
      'javascript:alert(1)',
      'data:image/png;base64,AAAA',
      'ftp://pictures.example.com/ada.png',
      'file:///etc/passwd',
      'https://',
      'https://[',
      `https://pictures.example.com/${'x'.repeat(2048)}`,
      `https://pictures.example.com/${'é'.repeat(1000)}`,
    ]),
  )('%s is none', (_, picture) => {
    expect(read({ picture }).picture).toBeNull();
  });

  it.each(ODD)('%p is none', (picture) => {
    expect(read({ picture }).picture).toBeNull();
  });
});

describe('a field map', () => {
  const fields: FieldMap = {
    subject: 'data.id',
    email: 'data.contact.email',
    emailVerified: 'data.contact.is_verified',
    name: 'data.names.0',
    username: null,
    picture: 'data.avatar.url',
  };

  it('steps into objects', () => {
    const claims = {
      data: {
        id: 1815,
        contact: { email: 'ada@example.com', is_verified: true },
        names: ['Ada Lovelace'],
        avatar: { url: 'https://pictures.example.com/ada.png' },
      },
    };
    expect(readProfile(claims, fields)).toEqual({ ...PROFILE, username: null });
  });

  it('finds nothing where there is no object to step into', () => {
    for (const odd of [null, 'text', 7, true, [], undefined]) {
      const claims = { data: { id: 1815, contact: odd, names: odd, avatar: odd } };
      expect(readProfile(claims, fields)).toMatchObject({ email: null, name: null, picture: null });
    }
  });

  it.each([
    'constructor.name',
    'toString',
    '__proto__.constructor.name',
    'sub.length',
    'hasOwnProperty',
  ])('does not reach what every object has: %s', (path) => {
    expect(readProfile(ADA, { ...OIDC, name: path }).name).toBeNull();
    expect(() => readProfile(ADA, { ...OIDC, subject: path })).toThrow('no usable subject');
  });
});
