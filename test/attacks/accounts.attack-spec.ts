import type { Answer } from './support/client';
import { itLogsNoSecret } from './support/log';
import { linkTokenIn, waitForMail } from './support/mailbox';
import { mailsSettled, mailsThat } from './support/outbox';
import {
  amend,
  isAccepted,
  newcomer,
  newPassword,
  newPerson,
  type Person,
  type SignedIn,
  signedIn,
  signIn,
  signUp,
  type Tokens,
} from './support/people';
import { expectProblem } from './support/problems';
import { newVisitor, useProviders, type Visitor } from './support/provider';
import { needing, useTarget } from './support/target';

const providers = useProviders('acme', 'globex');
const target = useTarget(providers.settings);

const attack = needing('people', 'mailbox');
const attackAsAdmin = needing('admin', 'mailbox');
const attackByProvider = needing('settings');

const RESET = /^Reset your/;
const CHANGE = /^Confirm your new/;
const VERIFY = /^Confirm your e-mail/;

const post = (path: string, json: unknown, token?: string): Promise<Answer> =>
  target.client().post(path, json, { token });

const login = ({ username }: Person, password: string): Promise<Answer> =>
  post('auth/login', { username, password });

const whoIs = async ({ access_token: token }: Tokens) =>
  (await target.client().get('auth/me', { token })).body;

/** The token of a reset link, asked for by whoever knows the address; after the first `skip`. */
async function resetToken({ email }: Pick<Person, 'email'>, skip = 0): Promise<string> {
  expect((await post('auth/password/reset/request', { email })).status).toBe(200);
  return linkTokenIn(await waitForMail(target, email, RESET, skip));
}

const reset = (token: string, password = newPassword()): Promise<Answer> =>
  post('auth/password/reset/confirm', { token, new_password: password });

async function changeToken({ person, tokens }: SignedIn, newEmail: string): Promise<string> {
  const change = { new_email: newEmail, password: person.password };
  expect((await post('auth/email/change', change, tokens.access_token)).status).toBe(200);
  return linkTokenIn(await waitForMail(target, newEmail, CHANGE));
}

const confirmChange = (token: string): Promise<Answer> =>
  post('auth/email/change/confirm', { token });

const confirmAddress = (token: string): Promise<Answer> =>
  post('auth/email/verification/confirm', { token });

/**
 * An account with an address that is not its maker's, who is signed in to it all the same: the
 * state that everything below tries to outlive.
 */
async function preHijacked(): Promise<SignedIn> {
  const person = await signUp(target);
  await amend(target, person, { is_verified: true });
  const tokens = await signIn(target, person);
  await amend(target, person, { is_verified: false });
  expect(await isAccepted(target, tokens.access_token)).toBe(true);
  return { person, tokens };
}

/** The owner of the address comes, and takes the account that is there. */
const COMING = {
  'signs in with a provider': async ({ id, email }: Person): Promise<void> => {
    const tokens = await providers.signIn(target, 'globex', newVisitor(email));
    expect(await whoIs(tokens)).toMatchObject({ id, is_verified: true });
  },
  'resets the password': async (person: Person): Promise<void> => {
    expect((await reset(await resetToken(person))).status).toBe(200);
  },
} as const;
const WAYS = Object.keys(COMING) as (keyof typeof COMING)[];

describe('accounts: pre-hijacking', () => {
  attackByProvider.each(WAYS)(
    'arXiv:2205.10174 classic-federated merge: the password set before is void once the owner %s',
    async (way) => {
      const { person } = await preHijacked();
      await COMING[way](person);
      expectProblem(await login(person, person.password), 401, 'invalid_credentials');
    },
  );

  attackByProvider.each(WAYS)(
    'arXiv:2205.10174 unexpired session: sessions opened before end once the owner %s',
    async (way) => {
      const { person, tokens } = await preHijacked();
      await COMING[way](person);
      expect(await isAccepted(target, tokens.access_token)).toBe(false);
      const answer = await post('auth/refresh', { refresh_token: tokens.refresh_token });
      expectProblem(answer, 401, 'invalid_refresh_token');
    },
  );

  attackByProvider.each(WAYS)(
    'arXiv:2205.10174 trojan identifier: a sign-in linked before is gone once the owner %s',
    async (way) => {
      const { person, tokens } = await preHijacked();
      const trojan = newVisitor();
      const linked = await providers.link(target, 'acme', trojan, tokens.access_token);
      expect(linked.headers.get('location')).toContain('linked=acme');
      await COMING[way](person);
      const stranger = await whoIs(await providers.signIn(target, 'acme', trojan));
      expect(stranger.id).not.toBe(person.id);
    },
  );

  attackByProvider.each(WAYS)(
    'arXiv:2205.10174 unexpired e-mail change: a link asked for before is void once the owner %s',
    async (way) => {
      const hijacked = await preHijacked();
      const token = await changeToken(hijacked, newcomer().email);
      await COMING[way](hijacked.person);
      expectProblem(await confirmChange(token), 400, 'invalid_token');
    },
  );

  attackByProvider.each<[string, unknown]>([
    ['false', false],
    ['left out', undefined],
    ['"false"', 'false'],
    ['null', null],
    ['1', 1],
    ['"1"', '1'],
    ['a list', [true]],
  ])(
    'arXiv:2205.10174 non-verifying provider: email_verified %s neither joins an account nor makes one',
    async (_, email_verified) => {
      const victim = await newPerson(target);
      for (const email of [victim.email, newcomer().email]) {
        const visitor: Visitor = { ...newVisitor(email), email_verified };
        const { status, headers } = await providers.visit(target, 'acme', visitor);
        expect([status, headers.get('location')]).toEqual([
          302,
          `${target.frontendUrl}/login?error=provider_email_unverified`,
        ]);
      }
    },
  );

  attackByProvider(
    'OIDC Core §5.7: the same subject at another provider is somebody else',
    async () => {
      const visitor = newVisitor();
      const owner = await whoIs(await providers.signIn(target, 'acme', visitor));
      const { sub } = visitor;
      const stranger = await whoIs(await providers.signIn(target, 'globex', { sub }));
      expect(stranger.id).not.toBe(owner.id);
    },
  );
});

describe('accounts: links', () => {
  attack('CWE-640: a reset link is void once the password changed', async () => {
    const { person, tokens } = await signedIn(target);
    const token = await resetToken(person);
    const change = { current_password: person.password, new_password: newPassword() };
    const changed = await post('auth/password/change', change, tokens.access_token);
    expect(changed.status).toBe(200);
    expectProblem(await reset(token), 400, 'invalid_token');
    expect((await login(person, change.new_password)).status).toBe(200);
  });

  attack('CWE-640: of two reset links the other is void once one was used', async () => {
    const person = await newPerson(target);
    const older = await resetToken(person);
    const newer = await resetToken(person, 1);
    expect((await reset(older)).status).toBe(200);
    expectProblem(await reset(newer), 400, 'invalid_token');
    expectProblem(await reset(older), 400, 'invalid_token');
  });

  attack('CWE-640: a reset link to an address that the account has left is void', async () => {
    const victim = await signedIn(target);
    const token = await resetToken(victim.person);
    const change = await changeToken(victim, newcomer().email);
    expect((await confirmChange(change)).status).toBe(200);
    expectProblem(await reset(token), 400, 'invalid_token');
  });

  attack('CWE-640: nothing is mailed to an address that the account has left', async () => {
    const victim = await signedIn(target);
    const { email } = victim.person;
    expect((await confirmChange(await changeToken(victim, newcomer().email))).status).toBe(200);
    expect((await post('auth/password/reset/request', { email })).status).toBe(200);
    await mailsSettled(target, (address) => address === email);
    const mails = await mailsThat(target, (address) => address === email);
    expect(mails.filter(({ subject }) => RESET.test(subject))).toEqual([]);
  });

  attack('CWE-613: a link for a new address is void once the password changed', async () => {
    const thief = await signedIn(target);
    const token = await changeToken(thief, newcomer().email);
    expect((await reset(await resetToken(thief.person))).status).toBe(200);
    expectProblem(await confirmChange(token), 400, 'invalid_token');
  });

  attackAsAdmin(
    'CWE-640: a verification link verifies no address but the one it went to',
    async () => {
      const mallory = await signUp(target);
      const token = linkTokenIn(await waitForMail(target, mallory.email, VERIFY));
      await amend(target, mallory, { email: newcomer().email });
      expectProblem(await confirmAddress(token), 400, 'invalid_token');
      expectProblem(await login(mallory, mallory.password), 401, 'email_not_verified');
    },
  );

  attackAsAdmin(
    'CWE-613: links of a disabled account are void, and stay so once it is enabled',
    async () => {
      const victim = await signedIn(target);
      const links = [
        () => reset(resetting),
        () => confirmChange(changing),
        () => confirmAddress(verifying),
      ];
      const changing = await changeToken(victim, newcomer().email);
      const resetting = await resetToken(victim.person);
      const unverified = await signUp(target);
      const verifying = linkTokenIn(await waitForMail(target, unverified.email, VERIFY));
      for (const person of [victim.person, unverified])
        await amend(target, person, { is_active: false });
      for (const use of links) expectProblem(await use(), 400, 'invalid_token');
      await amend(target, victim.person, { is_active: true });
      for (const use of links.slice(0, 2)) expectProblem(await use(), 400, 'invalid_token');
      expect(await isAccepted(target, victim.tokens.access_token)).toBe(false);
    },
  );

  attack('CWE-362: two accounts that ask for one address at once, one gets it', async () => {
    const { email } = newcomer();
    const [one, other] = [await signedIn(target), await signedIn(target)];
    const first = await changeToken(one, email);
    const change = { new_email: email, password: other.person.password };
    expect((await post('auth/email/change', change, other.tokens.access_token)).status).toBe(200);
    const second = linkTokenIn(await waitForMail(target, email, CHANGE, 1));
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => confirmChange(n % 2 === 0 ? first : second)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200))
      expect(['400 invalid_token', '409 email_taken']).toContain(`${status} ${body.code}`);
    const holders = await Promise.all([one, other].map(({ tokens }) => whoIs(tokens)));
    expect(holders.filter((holder) => holder.email === email)).toHaveLength(1);
  });

  attack('CWE-203: asking for a taken address says nothing, and does not take it', async () => {
    const victim = await newPerson(target);
    const mallory = await signedIn(target);
    const ask = (email: string) =>
      post(
        'auth/email/change',
        { new_email: email, password: mallory.person.password },
        mallory.tokens.access_token,
      );
    const [taken, free] = [await ask(victim.email), await ask(newcomer().email)];
    expect([taken.status, taken.text]).toEqual([free.status, free.text]);
    expect((await whoIs(mallory.tokens)).email).toBe(mallory.person.email);
  });
});

interface Door {
  readonly path: string;
  readonly field: string;
  readonly rest?: object;
  readonly refusal: readonly [status: number, code: string];
}

const DOORS: readonly Door[] = [
  {
    path: 'auth/email/verification/confirm',
    field: 'token',
    refusal: [400, 'invalid_token'],
  },
  {
    path: 'auth/password/reset/confirm',
    field: 'token',
    rest: { new_password: 'a better battery' },
    refusal: [400, 'invalid_token'],
  },
  {
    path: '/auth/reset-password',
    field: 'token',
    rest: { new_password: 'a better battery' },
    refusal: [400, 'invalid_token'],
  },
  { path: 'auth/email/change/confirm', field: 'token', refusal: [400, 'invalid_token'] },
  { path: 'auth/refresh', field: 'refresh_token', refusal: [401, 'invalid_refresh_token'] },
  { path: '/auth/refresh', field: 'refresh_token', refusal: [401, 'invalid_refresh_token'] },
  { path: 'auth/oauth/exchange', field: 'code', refusal: [400, 'invalid_code'] },
];

/** No text, or none at all: what a careless comparison takes for whatever it looks for. */
const NO_TEXT = [undefined, null, '', [], [''], [null], {}, { $ne: null }, 0, 1, true, false];
const NO_TOKEN = [
  ' ',
  '\t\n',
  '\u00a0',
  '\u200b',
  'null',
  'undefined',
  'true',
  '0',
  '.',
  '..',
  '...',
  '%',
  '*',
  "' OR '1'='1",
  'e30.e30.',
  'bnVsbA.bnVsbA.bnVsbA',
];

describe('accounts: blank tokens', () => {
  needing().each(DOORS)('CWE-287: $path takes no blank $field', async (door) => {
    const { path, field, rest, refusal } = door;
    for (const blank of NO_TEXT) {
      const answer = await post(path, { ...rest, [field]: blank });
      expectProblem(answer, 422, 'validation_failed');
      expect([blank, answer.body.errors[0].pointer]).toEqual([blank, `/${field}`]);
    }
    for (const blank of NO_TOKEN)
      expectProblem(await post(path, { ...rest, [field]: blank }), ...refusal);
  });

  needing()('CWE-287: the forms of the hosted pages take no blank token', async () => {
    for (const page of ['verify-email', 'reset-password', 'confirm-email-change'])
      for (const form of ['', 'token=', 'token=+', 'token=null', 'token[]=x', 'token=%00']) {
        const all = `${form}&new_password=a+better+battery`;
        const answer = await target.client().call('POST', `/pages/${page}`, { form: all });
        expect([page, form, answer.status]).toEqual([page, form, 400]);
        expect(answer.text).toContain('This link does not work');
      }
  });

  needing('frontend')('CWE-287: the link of FastLaunch takes no blank token', async () => {
    for (const query of ['', '?token', '?token=', '?token=%20', '?token=a&token=b', '?token[]=a']) {
      const { status, headers } = await target.client().get(`/auth/verify-email${query}`);
      expect([query, status, headers.get('location')]).toEqual([
        query,
        302,
        `${target.frontendUrl}/login?error=invalid_token`,
      ]);
    }
  });

  needing()('CWE-287: a blank Bearer token is nobody', async () => {
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer  ', 'bearer null', 'Bearer ..']) {
      const { status } = await target.client().get('auth/me', { headers: { authorization } });
      expect([authorization, status]).toEqual([authorization, 401]);
    }
  });

  needing()('CWE-287: a sign-out without a token signs nobody out', async () => {
    for (const body of [undefined, {}, { refresh_token: null }])
      expectProblem(await post('auth/logout', body), 401, 'unauthenticated');
  });
});

/** What passes for `ada` to the eye or to a careless comparison. */
type Disguise = [what: string, disguise: (name: string) => string, code?: string];
const LOOK_ALIKES: readonly Disguise[] = [
  ['a fullwidth letter', (name) => name.replace('a', 'ａ')],
  ['a Cyrillic letter', (name) => name.replace('a', 'а')],
  // Unicode itself says that this one is a K.
  ['the Kelvin sign', (name) => name.replace('k', '\u212a'), 'username_taken'],
  ['the long s', (name) => `${name}\u017f`],
  ['a dotless i', (name) => `${name}\u0131`],
  ['a dotted capital I', (name) => `${name}\u0130`],
  ['a zero-width space', (name) => `${name}\u200b`],
  ['a zero-width joiner', (name) => `a\u200d${name}`],
  ['a soft hyphen', (name) => `${name}\u00ad`],
  ['a combining accent', (name) => `${name}\u0301`],
  ['the reading direction turned', (name) => `\u202e${name}`],
  ['a mathematical letter', (name) => name.replace('a', '\u{1d41a}')],
  ['a space within', (name) => name.replace('a', 'a a')],
  ['a NUL at the end', (name) => `${name}\0`],
];

describe('accounts: names', () => {
  attack.each<Disguise>(LOOK_ALIKES)(
    'CWE-1007 (UTS #39): no username that looks like another by %s',
    async (_, disguise, code = 'validation_failed') => {
      const person = await newPerson(target);
      const username = disguise(person.username);
      expect(username).not.toBe(person.username);
      for (const path of ['auth/register', '/auth/create-user']) {
        const { status, body } = await post(path, { ...newcomer(), username });
        expect([path, body.code]).toEqual([path, code]);
        expect(status).toBeGreaterThanOrEqual(400);
      }
    },
  );

  attack('CWE-178: a username in other letter case is the same username', async () => {
    const person = await newPerson(target);
    const wanted = { ...newcomer(), username: person.username.toUpperCase() };
    expectProblem(await post('auth/register', wanted), 409, 'username_taken');
  });

  attack('CWE-178: an address in other letter case or form is the same address', async () => {
    const person = await signUp(target, {
      ...newcomer(),
      email: `cafe\u0301-${newcomer().email}`,
    });
    for (const email of [
      person.email.toUpperCase(),
      person.email.normalize('NFC'),
      ` ${person.email} `,
    ])
      expectProblem(await post('auth/register', { ...newcomer(), email }), 409, 'email_taken');
  });

  attack('CWE-290: a username can be nobody’s address', async () => {
    const victim = await newPerson(target);
    for (const username of [
      victim.email,
      'victim@example.com',
      'a@b',
      'victim＠example.com',
      'victim%40example.com',
      '"victim"@example.com',
    ]) {
      const wanted = { ...newcomer(), username };
      expectProblem(await post('auth/register', wanted), 422, 'validation_failed');
      expectProblem(await post('/auth/create-user', wanted), 422, 'validation_failed');
    }
  });

  /** Addresses that become another by a change of case, here or in a database. */
  const BY_CASE: readonly (readonly [string, string])[] = [
    ['k', '\u212a'],
    ['i', '\u0131'],
    ['i', '\u0130'],
    ['s', '\u017f'],
    ['k', 'ｋ'],
  ];

  needing('admin', 'mailbox').each(BY_CASE)(
    'CVE-2019-19844: a reset asked for with another letter in place of %s (%s) mails nobody else',
    async (letter, other) => {
      const victim = await signUp(target, { ...newcomer(), email: `kiss-${newcomer().email}` });
      const disguised = victim.email.replace(letter, other);
      const isOneOfThem = (address: string): boolean =>
        address.normalize('NFKD').replaceAll(/\p{M}/gu, '').endsWith(victim.email.slice(4));
      for (const path of ['auth/password/reset/request', 'auth/email/verification/request']) {
        const answer = await post(path, { email: disguised });
        expect([200, 422]).toContain(answer.status);
      }
      await post('/auth/request-password-reset', { email: disguised });
      await mailsSettled(target, isOneOfThem);
      const mails = await mailsThat(target, isOneOfThem);
      expect(mails.length).toBeGreaterThan(0);
      expect([...new Set(mails.map(({ to }) => to))]).toEqual([victim.email]);
    },
  );

  needing('settings').each(BY_CASE)(
    'CVE-2019-19844: a provider’s address with another letter in place of %s (%s) joins nobody',
    async (letter, other) => {
      const victim = await signUp(target, { ...newcomer(), email: `kiss-${newcomer().email}` });
      await amend(target, victim, { is_verified: true });
      const visitor = newVisitor(victim.email.replace(letter, other));
      const stranger = await whoIs(await providers.signIn(target, 'acme', visitor));
      expect(stranger.id).not.toBe(victim.id);
      expect(stranger.email).not.toBe(victim.email);
    },
  );
});

itLogsNoSecret(target);
