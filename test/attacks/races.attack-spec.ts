import type { Answer } from './support/client';
import { linkTokenIn, waitForMail } from './support/mailbox';
import {
  isAccepted,
  newcomer,
  newPassword,
  newPerson,
  type Person,
  signedIn,
  signUp,
} from './support/people';
import { newVisitor, useProviders } from './support/provider';
import { needing, useTarget } from './support/target';

const providers = useProviders('acme', 'globex');
const target = useTarget(providers.settings);

const attack = needing('people', 'mailbox', 'addresses');

/** Thirty at once, each from an address of its own; the answers in the order of asking. */
const thirty = (ask: (n: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: 30 }, (_, n) => ask(n)));

/** How many answers there are of each kind: `{ '200': 1, '400 invalid_token': 29 }`. */
function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const kind = body?.code ? `${status} ${body.code}` : String(status);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

const post = (path: string, json: unknown, token?: string): Promise<Answer> =>
  target.client().post(path, json, { token });

const login = ({ username }: Pick<Person, 'username'>, password: string): Promise<Answer> =>
  post('auth/login', { username, password });

const meOf = async (token: string) => (await target.client().get('users/me', { token })).body;

describe('races: what works once, thirty times at once', () => {
  attack('CWE-367: a verification link verifies once', async () => {
    const person = await signUp(target);
    const token = linkTokenIn(await waitForMail(target, person.email, /^Confirm your e-mail/));
    const answers = await thirty(() => post('auth/email/verification/confirm', { token }));
    expect(tally(answers)).toEqual({ 200: 30 });
    const firsts = answers.filter(({ body }) => body.message === 'The address is verified.');
    expect(firsts).toHaveLength(1);
  });

  /** Each with a password of its own, by both routes: the one who got in has set it. */
  async function raceToReset(person: Pick<Person, 'username'>, token: string): Promise<void> {
    const passwords = Array.from({ length: 30 }, newPassword);
    const answers = await thirty((n) =>
      post(n % 2 === 0 ? 'auth/password/reset/confirm' : '/auth/reset-password', {
        token,
        new_password: passwords[n],
      }),
    );
    expect(tally(answers)).toEqual({ 200: 1, '400 invalid_token': 29 });
    const winner = answers.findIndex(({ status }) => status === 200);
    const logins = await thirty((n) => login(person, passwords[n]!));
    expect(tally(logins)).toEqual({ 200: 1, '401 invalid_credentials': 29 });
    expect(logins[winner]!.status).toBe(200);
  }

  attack('CWE-367: a reset link sets one password', async () => {
    const person = await newPerson(target);
    await post('auth/password/reset/request', { email: person.email });
    await raceToReset(person, linkTokenIn(await waitForMail(target, person.email, /^Reset your/)));
  });

  needing(
    'admin',
    'mailbox',
    'addresses',
  )('CWE-367: an invitation sets one password', async () => {
    const { username, email } = newcomer();
    const wanted = { username, email, send_invitation: true };
    expect((await post('users', wanted, await target.adminToken())).status).toBe(201);
    const mail = await waitForMail(target, email, /is waiting for you$/);
    await raceToReset({ username }, linkTokenIn(mail));
  });

  attack('CWE-367: a link for a new address moves the account once', async () => {
    const { person, tokens } = await signedIn(target);
    const { access_token } = tokens;
    const new_email = newcomer().email;
    await post('auth/email/change', { new_email, password: person.password }, access_token);
    const token = linkTokenIn(await waitForMail(target, new_email, /^Confirm your new/));
    const answers = await thirty(() => post('auth/email/change/confirm', { token }));
    expect(tally(answers)).toEqual({ 200: 1, '400 invalid_token': 29 });
    expect((await meOf(access_token)).email).toBe(new_email);
  });

  attack('CWE-367: a current password is exchanged for one new one', async () => {
    const { person, tokens } = await signedIn(target);
    const passwords = Array.from({ length: 30 }, newPassword);
    const answers = await thirty((n) => {
      const change = { current_password: person.password, new_password: passwords[n] };
      return post('auth/password/change', change, tokens.access_token);
    });
    expect(tally(answers)).toEqual({ 200: 1, '400 wrong_password': 29 });
    expect(await isAccepted(target, tokens.access_token)).toBe(true);
    const logins = await thirty((n) => login(person, passwords[n]!));
    expect(tally(logins)).toEqual({ 200: 1, '401 invalid_credentials': 29 });
  });

  needing('settings')('RFC 6749 §4.1.2: a code for tokens is exchanged once', async () => {
    const code = await providers.codeFor(target, 'acme', newVisitor());
    const answers = await thirty(() => post('auth/oauth/exchange', { code }));
    expect(tally(answers)).toEqual({ 200: 1, '400 invalid_code': 29 });
  });

  needing('settings')('RFC 9700 §4.7: a callback is answered once', async () => {
    const callback = await providers.callback(target, 'acme', newVisitor());
    const answers = await thirty(callback);
    const ends = answers.map(({ headers }) => new URL(headers.get('location')!));
    expect(ends.filter(({ searchParams }) => searchParams.has('code'))).toHaveLength(1);
    const errors = ends.map(({ searchParams }) => searchParams.get('error'));
    expect(errors.filter((error) => error === 'state_mismatch')).toHaveLength(29);
  });

  needing('settings')('CWE-362: thirty first sign-ins of one person make one account', async () => {
    const visitor = newVisitor();
    const callbacks = await Promise.all(
      Array.from({ length: 30 }, () => providers.callback(target, 'acme', visitor)),
    );
    const answers = await thirty((n) => callbacks[n]!());
    const ids = await Promise.all(
      answers.map(async ({ headers }) => {
        const code = new URL(headers.get('location')!).searchParams.get('code');
        const { body } = await post('auth/oauth/exchange', { code });
        return (await meOf(body.access_token)).id as string;
      }),
    );
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toEqual(expect.stringMatching(/^[\da-f-]{36}$/));
  });

  needing('settings')('CWE-362: the last way to sign in is never unlinked', async () => {
    const tokens: string[] = [];
    for (let n = 0; n < 15; n++) {
      const { access_token } = await providers.signIn(target, 'acme', newVisitor());
      const second = await providers.link(target, 'globex', newVisitor(), access_token);
      expect(second.headers.get('location')).toContain('linked=globex');
      tokens.push(access_token);
    }
    const answers = await thirty((n) => {
      const provider = n % 2 === 0 ? 'acme' : 'globex';
      const token = tokens[Math.floor(n / 2)]!;
      return target.client().delete(`users/me/link/${provider}`, { token });
    });
    expect(tally(answers)).toEqual({ 200: 15, '409 last_sign_in_method': 15 });
    for (const token of tokens) {
      const { body } = await target.client().get('users/me/linked-accounts', { token });
      expect(body.linked_accounts).toHaveLength(1);
    }
  });
});

describe('races: what may exist once, thirty times at once', () => {
  const inSomeCase = (text: string, n: number): string =>
    Array.from(text, (letter, at) => ((n >> (at % 5)) & 1 ? letter.toUpperCase() : letter)).join(
      '',
    );

  needing('addresses').each(['auth/register', '/auth/create-user'])(
    'CWE-362: %s makes one account of a username, in whatever letter case',
    async (path) => {
      const { username } = newcomer();
      const answers = await thirty((n) =>
        post(path, { ...newcomer(), username: inSomeCase(username, n) }),
      );
      const refusal = path === 'auth/register' ? '409 username_taken' : '400 username_taken';
      expect(tally(answers)).toEqual({ 201: 1, [refusal]: 29 });
    },
  );

  needing('addresses').each(['auth/register', '/auth/create-user'])(
    'CWE-362: %s makes one account of an address, in whatever letter case',
    async (path) => {
      const { email } = newcomer();
      const answers = await thirty((n) =>
        post(path, { ...newcomer(), email: inSomeCase(email, n) }),
      );
      const refusal = path === 'auth/register' ? '409 email_taken' : '400 email_taken';
      expect(tally(answers)).toEqual({ 201: 1, [refusal]: 29 });
    },
  );

  needing('admin', 'addresses')(
    'CWE-362: thirty accounts renamed to one name, one gets it',
    async () => {
      const token = await target.adminToken();
      const people = await Promise.all(Array.from({ length: 30 }, () => newPerson(target)));
      const { username, email } = newcomer();
      const rename = (change: object) =>
        thirty((n) => target.client().patch(`users/${people[n]!.id}`, change, { token }));
      expect(tally(await rename({ username }))).toEqual({ 200: 1, '409 username_taken': 29 });
      expect(tally(await rename({ email }))).toEqual({ 200: 1, '409 email_taken': 29 });
    },
  );
});
