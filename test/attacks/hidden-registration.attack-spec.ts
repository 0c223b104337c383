import { expectAlike } from './support/alike';
import type { Answer } from './support/client';
import { waitForMail } from './support/mailbox';
import { mailsSettled, mailsThat } from './support/outbox';
import { amend, newcomer, newPassword, newPerson, type Person, signIn } from './support/people';
import { expectProblem } from './support/problems';
import { newVisitor, useProviders } from './support/provider';
import { needing, useTarget } from './support/target';

const providers = useProviders('acme');
const target = useTarget({ ...providers.settings, REGISTRATION_HIDES_ACCOUNTS: 'true' });

// A target says neither that it hides accounts nor that it does not.
const attack = needing('settings');

const ROUTES = ['auth/register', '/auth/create-user'];

const register = (path: string, email: string): Promise<Answer> =>
  target.client().post(path, { ...newcomer(), email });

/** Addresses of accounts of every kind, and one that is free. */
async function addresses(): Promise<Readonly<Record<string, string>>> {
  const [verified, disabled, unverified] = [
    await newPerson(target),
    await newPerson(target),
    await newPerson(target),
  ];
  await amend(target, disabled, { is_active: false });
  await amend(target, unverified, { is_verified: false });
  const visitor = newVisitor();
  await providers.signIn(target, 'acme', visitor);
  return {
    free: newcomer().email,
    'of a verified account': verified.email,
    'in other letter case': verified.email.toUpperCase(),
    'of a disabled account': disabled.email,
    'of an unverified account': unverified.email,
    'of an account at a provider': visitor.email,
  };
}

describe('enumeration: by signing up, where accounts are hidden', () => {
  attack.each(ROUTES)('CWE-204: %s answers alike for a free and a taken address', async (path) => {
    const answers: Record<string, Answer> = {};
    for (const [kind, email] of Object.entries(await addresses()))
      answers[kind] = await register(path, email);
    expect(answers.free!.status).toBe(path === 'auth/register' ? 202 : 201);
    expectAlike(answers);
  });

  attack('CWE-204: trying again does not tell either', async () => {
    const [taken, free] = [(await newPerson(target)).email, newcomer().email];
    for (const path of [...ROUTES, ...ROUTES])
      expectAlike({ free: await register(path, free), taken: await register(path, taken) });
  });

  attack(
    'CWE-204: a refusal for another reason comes before the address is looked at',
    async () => {
      const [taken, free] = [(await newPerson(target)).email, newcomer().email];
      const { username } = await newPerson(target);
      for (const odd of [
        { username },
        { username: 'x' },
        { password: 'short' },
        { password: 'x'.repeat(129) },
        { role: 'admin' },
      ]) {
        const ask = (email: string) =>
          target.client().post('auth/register', { ...newcomer(), email, ...odd });
        expectAlike({ free: await ask(free), taken: await ask(taken) });
      }
    },
  );

  attack(
    'CWE-640: the owner of a taken address is told, and nothing is theirs to click',
    async () => {
      const victim = await newPerson(target);
      const mallory = { ...newcomer(), email: victim.email, full_name: 'https://evil.example/win' };
      await target.client().post('auth/register', mallory);
      const told = await waitForMail(target, victim.email, /^You already have an account/);
      expect(told.links).toEqual([]);
      const [mail] = await mailsThat(target, (address) => address === victim.email);
      expect(mail!.text).toContain(victim.username);
      expect(mail!.text + mail!.html).not.toMatch(new RegExp(`${mallory.username}|evil`));
      const { username, password } = mallory;
      const login = await target.client().post('auth/login', { username, password });
      expectProblem(login, 401, 'invalid_credentials');
      await signIn(target, victim);
    },
  );

  attack(
    'CWE-204: a free address gets its verification mail, and a taken one no second',
    async () => {
      const { email } = newcomer();
      for (let n = 0; n < 3; n++) await register('auth/register', email);
      await mailsSettled(target, (address) => address === email);
      const mails = await mailsThat(target, (address) => address === email);
      const verifying = mails.filter(({ subject }) => subject.startsWith('Confirm'));
      expect(verifying).toHaveLength(1);
    },
  );
});

/** Ways to write a name that the database takes for the same. */
const SPELLINGS: Readonly<Record<string, (name: string, n: number) => string>> = {
  'in other letter case': (name, n) =>
    Array.from(name, (letter, at) => ((n >> (at % 3)) & 1 ? letter.toUpperCase() : letter)).join(
      '',
    ),
  'with a Kelvin sign': (name, n) => (n % 2 ? name.replace('k', '\u212a') : name.toUpperCase()),
  'with dotted capital I': (name, n) =>
    Array.from(name, (letter, at) =>
      letter === 'i' && (n >> (at % 3)) & 1 ? '\u0130' : letter,
    ).join(''),
};

describe('brute force, where each name has a count of its own', () => {
  /** A name with letters that other spellings of exist. */
  async function somebody(): Promise<Person> {
    const token = await target.adminToken();
    const person = { ...newcomer() };
    const names = {
      username: person.username.replace('attack', 'attack-iiik'),
      email: person.email.replace('attack', 'attack-iiik'),
    };
    const wanted = { ...person, ...names, is_verified: true };
    const { status, body } = await target.client().post('users', wanted, { token });
    expect(status).toBe(201);
    return { ...person, ...names, id: body.id };
  }

  attack.each(
    Object.keys(SPELLINGS).flatMap((kind) => [
      [kind, 'username' as const],
      [kind, 'email' as const],
    ]) as [string, 'username' | 'email'][],
  )('CWE-307: a name %s has the count of the %s it stands for', async (kind, field) => {
    const person = await somebody();
    const client = target.client();
    const guess = (n: number, password: string) =>
      client.post('auth/login', { username: SPELLINGS[kind]!(person[field], n), password });
    for (let n = 0; n < 5; n++)
      expectProblem(await guess(n, newPassword()), 401, 'invalid_credentials');
    for (let n = 0; n < 8; n++) expectProblem(await guess(n, person.password), 429, 'rate_limited');
  });

  attack('CWE-204: guesses at a username do not tell whose address belongs to it', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const client = target.client();
    const guess = (username: string) =>
      client.post('auth/login', { username, password: newPassword() });
    for (let n = 0; n < 5; n++) await guess(one.username);
    expectAlike({ theirs: await guess(one.email), 'not theirs': await guess(other.email) });
  });
});
