import { expectAlike } from './support/alike';
import type { Answer } from './support/client';
import { linkTokenIn, waitForMail } from './support/mailbox';
import { mailsSettled, mailsThat } from './support/outbox';
import {
  amend,
  newcomer,
  newPassword,
  newPerson,
  type Person,
  signedIn,
  signUp,
} from './support/people';
import { expectProblem } from './support/problems';
import { newVisitor, useProviders } from './support/provider';
import { needing, useTarget } from './support/target';

const providers = useProviders('acme');
const target = useTarget(providers.settings);

const attack = needing('settings');
const attackAnywhere = needing('people', 'admin', 'addresses');

type Known = Pick<Person, 'username' | 'email'> & { readonly password?: string };

/** People of every kind, and somebody who is nobody. */
async function everyKind(): Promise<Readonly<Record<string, Known>>> {
  const [verified, disabled] = [await newPerson(target), await newPerson(target)];
  const unverified = await signUp(target);
  await amend(target, disabled, { is_active: false });
  const invited = { username: newcomer().username, email: newcomer().email };
  const token = await target.adminToken();
  const made = { ...invited, send_invitation: true };
  expect((await target.client().post('users', made, { token })).status).toBe(201);
  const visitor = newVisitor();
  const { access_token } = await providers.signIn(target, 'acme', visitor);
  const { body } = await target.client().get('users/me', { token: access_token });
  return {
    verified,
    'nobody at all': newcomer(),
    unverified,
    disabled,
    invited,
    'who signs in with a provider': { username: body.username, email: visitor.email },
  };
}

/** Asks the same about each of them, each time from an address of its own. */
async function askAbout(
  people: Readonly<Record<string, Known>>,
  ask: (about: Known) => Promise<Answer>,
): Promise<Record<string, Answer>> {
  const answers: Record<string, Answer> = {};
  for (const [kind, person] of Object.entries(people)) answers[kind] = await ask(person);
  return answers;
}

type Ask = (name: string, password: string) => Promise<Answer>;
const form =
  (path: string): Ask =>
  (username, password) =>
    target.client().call('POST', path, { form: { username, password } });

/** Every door that takes a password from somebody who is not signed in. */
const DOORS: Readonly<Record<string, Ask>> = {
  'POST /api/v1/auth/login': (username, password) =>
    target.client().post('auth/login', { username, password }),
  'POST /api/v1/auth/login?cookies=true': (username, password) =>
    target.client().post('auth/login?cookies=true', { username, password }),
  'POST /api/v1/auth/login/form': form('auth/login/form'),
  'POST /api/v1/auth/token': form('auth/token'),
  'POST /auth/token': form('/auth/token'),
};

describe('enumeration: by signing in', () => {
  attack.each(Object.keys(DOORS))(
    'CWE-204: %s refuses everybody alike, known or not',
    async (door) => {
      const people = await everyKind();
      for (const name of ['username', 'email'] as const) {
        const answers = await askAbout(people, (about) => DOORS[door]!(about[name], newPassword()));
        expectProblem(answers.verified!, 401, 'invalid_credentials');
        expectAlike(answers);
      }
    },
  );

  attack('CWE-204: what is wrong with an account is told to its password alone', async () => {
    const { disabled, unverified } = await everyKind();
    for (const { username, password } of [disabled!, unverified!]) {
      const wrong = await DOORS['POST /api/v1/auth/login']!(username, `${password} `);
      expectProblem(wrong, 401, 'invalid_credentials');
    }
  });

  attack('CWE-204: after too many guesses everybody is refused alike', async () => {
    const people = await everyKind();
    for (const name of ['username', 'email'] as const) {
      const answers = await askAbout(people, async (about) => {
        const client = target.client();
        const guess = { username: about[name], password: newPassword() };
        for (let n = 0; n < 5; n++) await client.post('auth/login', guess);
        return client.post('auth/login', guess);
      });
      expectProblem(answers.verified!, 429, 'rate_limited');
      expectAlike(answers);
    }
  });
});

const MAILED: Readonly<Record<string, (about: Known) => Promise<Answer>>> = {
  'POST /api/v1/auth/password/reset/request': ({ email }) =>
    target.client().post('auth/password/reset/request', { email }),
  'POST /auth/request-password-reset': ({ email }) =>
    target.client().post('/auth/request-password-reset', { email }),
  'POST /api/v1/auth/email/verification/request': ({ email }) =>
    target.client().post('auth/email/verification/request', { email }),
};

describe('enumeration: by asking for a mail', () => {
  attack.each(Object.keys(MAILED))('CWE-204: %s answers all alike', async (route) => {
    const answers = await askAbout(await everyKind(), MAILED[route]!);
    expect(answers.verified!.status).toBe(200);
    expectAlike(answers);
  });

  attack.each(Object.keys(MAILED))('CWE-204: %s is used up alike', async (route) => {
    const answers = await askAbout(await everyKind(), async (about) => {
      for (let n = 0; n < 3; n++) await MAILED[route]!(about);
      return MAILED[route]!(about);
    });
    expectProblem(answers.verified!, 429, 'rate_limited');
    expectAlike(answers);
  });

  attackAnywhere('CWE-204: a new address that is taken is answered as a free one', async () => {
    const [victim, mallory] = [await newPerson(target), await signedIn(target)];
    const ask = ({ email }: Known) => {
      const change = { new_email: email, password: mallory.person.password };
      const { access_token: token } = mallory.tokens;
      return target.client().post('auth/email/change', change, { token });
    };
    expectAlike({ taken: await ask(victim), free: await ask(newcomer()) });
  });

  needing(
    'admin',
    'mailbox',
    'addresses',
  )('CWE-204: whoever is asked for gets a mail, and nobody else does', async () => {
    const people = [await newPerson(target), newcomer()];
    for (const person of people) await MAILED['POST /auth/request-password-reset']!(person);
    const isOurs = (address: string): boolean => people.some(({ email }) => email === address);
    await mailsSettled(target, isOurs);
    expect((await mailsThat(target, isOurs)).map(({ to }) => to)).toEqual([people[0]!.email]);
  });
});

describe('enumeration: by links, codes and ids', () => {
  needing(
    'admin',
    'mailbox',
    'addresses',
  )('CWE-204: a link that is void, used or made up is refused alike', async () => {
    const person = await newPerson(target);
    const linkOf = async (skip: number): Promise<string> => {
      await target.client().post('auth/password/reset/request', { email: person.email });
      return linkTokenIn(await waitForMail(target, person.email, /^Reset/, skip));
    };
    const [used, old] = [await linkOf(0), await linkOf(1)];
    const use = (token: string) =>
      target.client().post('auth/password/reset/confirm', { token, new_password: newPassword() });
    expect((await use(used)).status).toBe(200);
    const gone = await newPerson(target);
    await target.client().post('auth/password/reset/request', { email: gone.email });
    const orphaned = linkTokenIn(await waitForMail(target, gone.email, /^Reset/));
    const token = await target.adminToken();
    await target.client().delete(`users/${gone.id}`, { token });
    expectAlike({
      'made up': await use('e30.e30.e30'),
      used: await use(used),
      void: await use(old),
      'of somebody who is gone': await use(orphaned),
    });
    const page = (link: string) => target.client().get(`/pages/reset-password?token=${link}`);
    expectAlike({ used: await page(used), 'of somebody who is gone': await page(orphaned) });
  });

  attack('CWE-204: a code that is used or made up is refused alike', async () => {
    const code = await providers.codeFor(target, 'acme', newVisitor());
    const exchange = (one: string) => target.client().post('auth/oauth/exchange', { code: one });
    expect((await exchange(code)).status).toBe(200);
    expectAlike({ used: await exchange(code), 'made up': await exchange(newPassword()) });
  });

  attack('CWE-204: a provider’s unverified address is refused alike, known or not', async () => {
    const answers = await askAbout(await everyKind(), ({ email }) =>
      providers.visit(target, 'acme', { ...newVisitor(email), email_verified: false }),
    );
    expectAlike(
      Object.fromEntries(
        // The cookie that is cleared is named after the `state`.
        Object.entries(answers).map(([kind, { status, text, headers }]) => [
          kind,
          {
            status,
            text,
            body: null,
            headers: new Headers({ location: headers.get('location')! }),
          },
        ]),
      ),
    );
  });

  attackAnywhere('CWE-204: to others who is disabled or gone was never there', async () => {
    const [disabled, gone, mallory] = [
      await newPerson(target),
      await newPerson(target),
      await signedIn(target),
    ];
    await amend(target, disabled, { is_active: false });
    await target.client().delete(`users/${gone.id}`, { token: await target.adminToken() });
    const { access_token: token } = mallory.tokens;
    const get = (id: string) => target.client().get(`users/${id}`, { token });
    const search = ({ username }: Known) => target.client().get(`users?q=${username}`, { token });
    expectAlike({
      disabled: await get(disabled.id),
      gone: await get(gone.id),
      'never there': await get('01990000-0000-7000-8000-000000000000'),
      'no id': await get('nobody'),
    });
    expectAlike({ disabled: await search(disabled), 'never there': await search(newcomer()) });
  });

  attackAnywhere(
    'CWE-204: whether an id is somebody’s is not told to those who may not act',
    async () => {
      const [victim, mallory] = [await newPerson(target), await signedIn(target)];
      const { access_token: token } = mallory.tokens;
      const routes: readonly (readonly [method: string, path: string, json?: object])[] = [
        ['PATCH', '', { bio: 'x' }],
        ['DELETE', ''],
        ['GET', '/sessions'],
        ['POST', '/logout-all'],
        ['POST', '/password/reset'],
        ['GET', '/subscription'],
      ];
      for (const [method, path, json] of routes) {
        const ask = (id: string) =>
          target.client().call(method, `users/${id}${path}`, { token, json });
        expectAlike({
          somebody: await ask(victim.id),
          nobody: await ask('01990000-0000-7000-8000-000000000000'),
        });
      }
    },
  );
});
