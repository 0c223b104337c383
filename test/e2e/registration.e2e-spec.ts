import { linkIn } from '../support/inbox';
import type { Answer } from '../support/api';
import { alter, countOf, effectsOf, userRow } from '../support/effects';
import { PASSWORD, signUp, signUpVerified } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

let count = 0;
const body = (fields: object = {}) => {
  const name = `newcomer${count++}`;
  return { username: name, email: `${name}@example.com`, password: PASSWORD, ...fields };
};

const register = (fields: object): Promise<Answer> => test.api.post('auth/register', fields);

describe('sign-up', () => {
  it('makes one account and owes it one verification mail', async () => {
    const { answer, mails, audits } = await effectsOf(test, () =>
      register({ username: 'ada', email: 'ada@example.com', password: PASSWORD }),
    );
    const now = test.clock.now().toISOString();
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        id: expect.stringMatching(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        ),
        username: 'ada',
        email: 'ada@example.com',
        is_verified: false,
        is_active: true,
        is_oauth: false,
        role: 'user',
        display_name: null,
        full_name: null,
        bio: null,
        avatar_url: null,
        niche_preference: null,
        is_premium: false,
        premium_until: null,
        created_at: now,
        updated_at: now,
        last_login_at: null,
        message: expect.any(String),
      },
    ]);
    expect([mails, audits]).toEqual([
      ['email_verification to ada@example.com'],
      ['user_registered'],
    ]);
    const [mail] = test.inbox.of('ada@example.com');
    expect(linkIn(mail!).href).toMatch(/^http:\/\/localhost:8000\/pages\/verify-email\?token=/);
    expect((await userRow(test, answer.body)).password_hash).toMatch(/^\$argon2id\$v=19\$/);
    expect(await test.query('SELECT 1 FROM sessions')).toEqual([]);
    const [audit] = await test.query(`SELECT * FROM audit_events WHERE action = 'user_registered'`);
    expect(audit).toMatchObject({ actor_id: answer.body.id, subject_id: answer.body.id });
  });

  it('trims and NFC-normalises what it keeps', async () => {
    const answer = await register({
      username: ' Zoe ',
      email: ' ZOE\u0308@Example.COM\n',
      password: PASSWORD,
      full_name: ' Zoe\u0308  Öst ',
    });
    expect(answer.body).toMatchObject({
      username: 'Zoe',
      email: 'zo\u00eb@example.com',
      full_name: 'Zo\u00eb  Öst',
    });
  });
});

describe('what is taken', () => {
  const nothingCame = async (fields: object, code: string) => {
    const users = await countOf(test, 'users');
    const { answer, mails, audits } = await effectsOf(test, () => register(fields));
    expectProblem(answer, 409, code);
    expect([await countOf(test, 'users'), mails, audits]).toEqual([users, [], []]);
  };

  it('a username is taken in any case', async () => {
    const { username } = await signUp(test);
    for (const spelling of [username, username.toUpperCase(), ` ${username} `])
      await nothingCame(body({ username: spelling }), 'username_taken');
  });

  it('an address is taken in any case and normalisation', async () => {
    await register(body({ email: 'rene\u0301e@example.com' }));
    for (const email of [
      'rene\u0301e@example.com',
      'ren\u00e9e@example.com',
      'REN\u00c9E@EXAMPLE.COM',
    ])
      await nothingCame(body({ email }), 'email_taken');
  });

  it('an address that came in mixed case from elsewhere is taken too', async () => {
    const person = await signUp(test);
    await alter(test, person, `email = 'Mixed.Case@Example.com'`);
    await nothingCame(body({ email: 'mixed.case@example.com' }), 'email_taken');
  });

  it('a taken username is told first', async () => {
    const { username, email } = await signUp(test);
    await nothingCame(body({ username, email }), 'username_taken');
  });

  it('an account that is disabled still holds its names', async () => {
    const person = await signUp(test);
    await alter(test, person, 'is_active = false');
    await nothingCame(body({ username: person.username }), 'username_taken');
    await nothingCame(body({ email: person.email }), 'email_taken');
  });
});

describe('a username', () => {
  it.each(titled(['abc', 'x'.repeat(50), 'a.b-c_9', '...', '123', 'XYZ', 'constructor', 'null']))(
    'may be %s',
    async (_, username) => {
      expect((await register(body({ username }))).body).toMatchObject({ username });
    },
  );

  it.each(
    titled([
      'ab',
      'x'.repeat(51),
      '  ab  ',
      'a b c',
      'ada@home',
      'ada\n1',
      'ад\u0430',
      'ａｄａ',
      'ada😀',
      'a\u0301da',
      'ada/',
      '<ada>',
      "ada'--",
      'ada\u200b',
      'a%62c',
      '***',
    ]),
  )('may not be %j', async (_, username) => {
    expectInvalid(await register(body({ username })), ['/username']);
  });
});

describe('an address', () => {
  it.each([
    'a@example.com',
    "o'hara+news@example.co.uk",
    'jürgen@example.com',
    'a@exämple.com',
    'x_1.y-2@sub.example.com',
  ])('may be %s, and gets its mail', async (email) => {
    const { answer, mails } = await effectsOf(test, () => register(body({ email })));
    expect([answer.status, mails]).toEqual([201, [`email_verification to ${email}`]]);
  });

  it.each(
    titled([
      'ada',
      'ada@',
      '@example.com',
      'ada@localhost',
      'a@b@example.com',
      'ada@example',
      'ada @example.com',
      'ada@exam ple.com',
      'ada@[127.0.0.1]',
      'a@example.com,b@example.com',
      'a@example.com;b@example.com',
      'Ada <ada@example.com>',
      'ada@-example.com',
      'ada@example..com',
      'ada..l@example.com',
      '.ada@example.com',
      `${'x'.repeat(65)}@example.com`,
      `a@${'x.'.repeat(130)}com`,
      'a\u200b@example.com',
      'ada@example.com\u0000',
    ]),
  )('may not be %s', async (_, email) => {
    expectInvalid(await register(body({ email })), ['/email'], [email]);
  });

  it.each([
    '"a\r\nBcc: victim@example.org\r\n"@example.com',
    '"a\nb"@example.com',
    'a@example.com\r\nBcc: victim@example.org',
    '"a\u0001b"@example.com',
    '"a b"@example.com',
    '"<script>alert(1)</script>"@example.com',
    '"a@b"@example.com',
  ])('mail header injection: may not be %j', async (email) => {
    expectInvalid(await register(body({ email })), ['/email']);
  });
});

it('signing up again changes nothing about the account that was there', async () => {
  const person = await signUpVerified(test);
  const before = await userRow(test, person);
  await register({ ...body({ username: person.username }), password: 'a thief was here' });
  await register({ ...body({ email: person.email }), password: 'a thief was here' });
  expect(await userRow(test, person)).toEqual(before);
});
