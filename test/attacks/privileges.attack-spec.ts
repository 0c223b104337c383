import type { Answer } from './support/client';
import { operationsOf, pathTo } from './support/operations';
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
} from './support/people';
import { expectProblem } from './support/problems';
import { newVisitor, useProviders } from './support/provider';
import { needing, useTarget } from './support/target';

const providers = useProviders('acme');
const target = useTarget(providers.settings);

const attack = needing('people');
const attackAsAdmin = needing('admin');

const call = (method: string, path: string, token?: string, json?: unknown): Promise<Answer> =>
  target.client().call(method, path, { token, json });

const whole = async (person: Pick<Person, 'id'>) =>
  (await call('GET', `users/${person.id}`, await target.adminToken())).body;

async function signedInAs(role: string): Promise<SignedIn> {
  const person = await newPerson(target);
  await amend(target, person, { role });
  return { person, tokens: await signIn(target, person) };
}

/** What a careless route would write if it wrote whatever it is sent. */
const EVIL: Readonly<Record<string, unknown>> = {
  role: 'admin',
  is_admin: true,
  isAdmin: true,
  is_active: true,
  is_verified: true,
  email_verified: true,
  email_verified_at: '2020-01-01T00:00:00Z',
  emailVerifiedAt: '2020-01-01T00:00:00Z',
  is_oauth: true,
  is_premium: true,
  premium_until: '2099-01-01T00:00:00Z',
  subscription_status: 'active',
  customer_id: 'cus_1',
  id: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  user_id: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  userId: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  session_id: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  password_hash: '$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA',
  passwordHash: '$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA',
  security_stamp: '0199f0c4-7d2e-4c4a-9c1b-5f2f6b1c8a11',
  securityStamp: '0199f0c4-7d2e-4c4a-9c1b-5f2f6b1c8a11',
  permissions: ['users:write'],
  scope: 'admin',
  created_at: '2020-01-01T00:00:00Z',
  last_login_at: '2020-01-01T00:00:00Z',
  constructor: { prototype: { role: 'admin' } },
  prototype: { role: 'admin' },
  toString: 'admin',
  'user[role]': 'admin',
  user: { role: 'admin' },
  $set: { role: 'admin' },
};

/** What refuses the one field that is too many: each names it, or what it is. */
const REFUSALS = ['422 validation_failed', '400 protected_field'];

const codeOf = ({ status, body }: Answer): string => `${status} ${body?.code}`;

describe('privileges: mass assignment', () => {
  attack.each([['auth/register'], ['/auth/create-user']])(
    'CWE-915: %s with one field too many makes no account',
    async (path) => {
      for (const [field, value] of Object.entries(EVIL)) {
        const { email, ...credentials } = newcomer();
        const json = { ...credentials, email, [field]: value };
        const answer = await call('POST', path, undefined, json);
        expect([field, codeOf(answer)]).toEqual([field, '422 validation_failed']);
        expect(answer.body.errors).toEqual([
          { pointer: `/${field}`, detail: 'is not a field of this request' },
        ]);
        const login = await call('POST', 'auth/login', undefined, credentials);
        expect([field, codeOf(login)]).toEqual([field, '401 invalid_credentials']);
      }
    },
  );

  attack.each([
    ['users/me', () => 'users/me'],
    ['/auth/update-user', () => '/auth/update-user'],
    ['users/{own id}', ({ id }: Person) => `users/${id}`],
  ])('CWE-915: PATCH %s with one field too many changes nothing', async (_, pathOf) => {
    const { person, tokens } = await signedIn(target);
    const { access_token: token } = tokens;
    const { body: before } = await call('GET', 'users/me', token);
    const PROTECTED = { username: newcomer().username, email: newcomer().email, password: 'x' };
    for (const [field, value] of Object.entries({ ...EVIL, ...PROTECTED })) {
      const json = { bio: 'changed', [field]: value };
      const answer = await call('PATCH', pathOf(person), token, json);
      expect(REFUSALS).toContain(codeOf(answer));
    }
    expect((await call('GET', 'users/me', token)).body).toEqual(before);
  });

  attack('CWE-1321: __proto__ in a body is refused wherever it stands', async () => {
    const { tokens } = await signedIn(target);
    const evil = ['{"role":"admin"}', '"admin"', 'null', '[]'];
    const headers = { 'content-type': 'application/json' };
    for (const value of evil)
      for (const raw of [
        `{"__proto__":${value},"bio":"changed"}`,
        `{"bio":"changed","\\u005f_proto__":${value}}`,
        `{"bio":{"__proto__":${value}}}`,
        `[{"__proto__":${value}}]`,
      ]) {
        const request = { raw, headers, token: tokens.access_token };
        const answer = await target.client().call('PATCH', 'users/me', request);
        expectProblem(answer, 400, 'malformed_request');
      }
    const { username, password } = newcomer();
    const form = `${new URLSearchParams({ username, password }).toString()}&__proto__=admin`;
    const answer = await target.client().call('POST', 'auth/token', { form });
    expectProblem(answer, 400, 'malformed_request');
    expect((await call('GET', 'users/me', tokens.access_token)).body.bio).toBeNull();
  });

  attackAsAdmin(
    'CWE-915: no route takes a field that it does not know, not even from an admin',
    async () => {
      const token = await target.adminToken();
      const operations = (await operationsOf(target)).filter(({ fields }) => fields !== null);
      expect(operations.length).toBeGreaterThan(15);
      for (const { name, method, path, fields } of operations)
        for (const field of ['nobody_knows_me', ...Object.keys(EVIL)]) {
          if (fields!.includes(field)) continue;
          const json = { [field]: EVIL[field] ?? true };
          const answer = await call(method, pathTo(path), token, json);
          const refusal = [name, field, codeOf(answer)];
          expect(REFUSALS.map((code) => [name, field, code])).toContainEqual(refusal);
        }
    },
  );

  attackAsAdmin(
    'CWE-915: an admin makes and changes accounts, not their secrets or ids',
    async () => {
      const token = await target.adminToken();
      const person = newcomer();
      const { id: _, ...wanted } = { id: '', ...person };
      for (const field of ['id', 'password_hash', 'security_stamp', 'is_premium', 'is_oauth']) {
        const made = await call('POST', 'users', token, {
          ...wanted,
          [field]: EVIL[field] ?? true,
        });
        expect([field, codeOf(made)]).toEqual([field, '422 validation_failed']);
      }
      const { id } = (await call('POST', 'users', token, wanted)).body;
      const before = await whole({ id });
      for (const field of ['id', 'password', 'password_hash', 'security_stamp', 'premium_until']) {
        const json = { bio: 'changed', [field]: EVIL[field] ?? newPassword() };
        const changed = await call('PATCH', `users/${id}`, token, json);
        expect([field, codeOf(changed)]).toEqual([field, '422 validation_failed']);
      }
      expect(await whole({ id })).toEqual(before);
    },
  );
});

/** Every route that names somebody or something of theirs in its path, and who gets what there. */
const OF_OTHERS: Readonly<Record<string, { readonly json?: object; readonly code: string }>> = {
  'PATCH /api/v1/users/{id}': { json: { bio: 'changed' }, code: '403 forbidden' },
  'DELETE /api/v1/users/{id}': { code: '403 forbidden' },
  'GET /api/v1/users/{id}/sessions': { code: '403 forbidden' },
  'POST /api/v1/users/{id}/logout-all': { code: '403 forbidden' },
  'POST /api/v1/users/{id}/password/reset': { code: '403 forbidden' },
  'POST /api/v1/users/{id}/email/verification': { code: '403 forbidden' },
  'GET /api/v1/users/{id}/subscription': { code: '403 forbidden' },
  'PUT /api/v1/users/{id}/subscription': {
    json: { premium_until: '2099-01-01T00:00:00Z' },
    code: '403 forbidden',
  },
  'DELETE /api/v1/users/me/sessions/{id}': { code: '404 session_not_found' },
  'POST /api/v1/mails/{id}/retry': { code: '403 forbidden' },
};
/** Where a stranger sees something, but not all of it. */
const PARTLY_PUBLIC = 'GET /api/v1/users/{id}';

describe('privileges: other people’s ids', () => {
  needing()('CWE-639: every route that has an id in its path is attacked below', async () => {
    const operations = await operationsOf(target);
    const withId = operations.filter(({ path }) => path.includes('{id}')).map(({ name }) => name);
    expect(withId.toSorted()).toEqual([...Object.keys(OF_OTHERS), PARTLY_PUBLIC].toSorted());
  });

  attack.each(Object.keys(OF_OTHERS))('CWE-639: %s is not for strangers', async (name) => {
    const { json, code } = OF_OTHERS[name]!;
    const [victim, mallory] = [await signedIn(target), await signedIn(target)];
    const { access_token: token } = victim.tokens;
    const sessions = (await call('GET', 'users/me/sessions', token)).body;
    const { body: before } = await call('GET', 'users/me', token);
    const id = name.includes('/sessions/') ? sessions.sessions[0].id : victim.person.id;
    const [method, path] = name.split(' ') as [string, string];
    for (const spelled of [id, id.toUpperCase()])
      for (const as of [path, path.replace('/api/v1/', '/api/')]) {
        const to = as.replace('{id}', spelled);
        expect(codeOf(await call(method, to, mallory.tokens.access_token, json))).toBe(code);
      }
    expect(await isAccepted(target, token)).toBe(true);
    expect((await call('GET', 'users/me', token)).body).toEqual(before);
    expect((await call('GET', 'users/me/sessions', token)).body).toEqual(sessions);
  });

  attack('CWE-639: of somebody else only the public profile is told', async () => {
    const [victim, mallory] = [await newPerson(target), await signedIn(target)];
    const { access_token: token } = mallory.tokens;
    const one = await call('GET', `users/${victim.id}`, token);
    const list = await call('GET', `users?q=${victim.username}`, token);
    for (const profile of [one.body, list.body[0]]) {
      const told = ['avatar_url', 'bio', 'created_at', 'display_name', 'id', 'username'];
      expect(Object.keys(profile).toSorted()).toEqual(told);
      expect(profile.username).toBe(victim.username);
    }
  });

  attack(
    'CWE-639: what a public profile hides cannot be searched, filtered or sorted by',
    async () => {
      const [victim, mallory] = [await newPerson(target), await signedIn(target)];
      const { access_token: token } = mallory.tokens;
      const local = `unlike-${newcomer().username}`;
      if (target.admin.password !== '') await amend(target, victim, { full_name: local });
      for (const q of [victim.email, local, '@people.example'])
        expect((await call('GET', `users?q=${encodeURIComponent(q)}`, token)).body).toEqual([]);
      for (const query of ['role=admin', 'is_active=false', 'sort=last_login_at'])
        expectProblem(await call('GET', `users?${query}`, token), 403, 'forbidden');
      for (const query of ['email=x', 'id=x', 'is_verified=true', 'fields=email', 'include=email'])
        expectProblem(await call('GET', `users?${query}`, token), 422, 'validation_failed');
    },
  );

  attack('CWE-639: lists of one’s own take no name of somebody else', async () => {
    const [victim, mallory] = [await signedIn(target), await signedIn(target)];
    const { id } = victim.person;
    const { access_token: token } = mallory.tokens;
    const sessions = (await call('GET', 'users/me/sessions', victim.tokens.access_token)).body;
    const secret = sessions.sessions[0].id as string;
    for (const list of ['sessions', 'activity', 'linked-accounts', 'subscription', 'export'])
      for (const name of ['user', 'user_id', 'userId', 'id', 'sub']) {
        const { text, status } = await call('GET', `users/me/${list}?${name}=${id}`, token);
        expect([200, 422]).toContain(status);
        for (const trace of [id, secret, victim.person.email]) expect(text).not.toContain(trace);
      }
    for (const header of ['x-user-id', 'x-user', 'x-forwarded-user', 'x-remote-user']) {
      const headers = { [header]: id };
      const { body } = await target.client().get('users/me', { token, headers });
      expect(body.id).toBe(mallory.person.id);
    }
  });

  attackAsAdmin('CWE-639: a cursor from one list is no key to another', async () => {
    const [victim, mallory] = [await signedIn(target), await signedIn(target)];
    const link = async (path: string, token: string): Promise<string> => {
      const { headers } = await call('GET', path, token);
      const [, url] = /<([^>]+)>/.exec(headers.get('link') ?? '')!;
      return new URL(url!).searchParams.get('cursor')!;
    };
    await signIn(target, victim.person);
    const admins = await target.adminToken();
    const own = victim.tokens.access_token;
    for (const cursor of [
      await link('users/me/activity?limit=1', own),
      await link('audit-events?limit=1', admins),
      await link('users?limit=1', admins),
    ]) {
      for (const path of ['users/me/activity', 'users']) {
        const query = `limit=1&cursor=${encodeURIComponent(cursor)}`;
        const answer = await call('GET', `${path}?${query}`, mallory.tokens.access_token);
        expectProblem(answer, 422, 'validation_failed');
      }
    }
  });

  needing('settings')('CWE-639: nobody unlinks or sees a sign-in of somebody else', async () => {
    const visitor = newVisitor();
    const victim = await providers.signIn(target, 'acme', visitor);
    const { tokens } = await signedIn(target);
    const answer = await call('DELETE', 'users/me/link/acme', tokens.access_token);
    expectProblem(answer, 404, 'identity_not_found');
    const seen = await call('GET', 'users/me/linked-accounts', tokens.access_token);
    expect(seen.body.linked_accounts).toEqual([]);
    const kept = await call('GET', 'users/me/linked-accounts', victim.access_token);
    expect(kept.body.linked_accounts).toEqual([expect.objectContaining({ provider: 'acme' })]);
  });

  needing('settings')('CWE-639: nobody links the sign-in of somebody else', async () => {
    const visitor = newVisitor();
    const victim = await providers.signIn(target, 'acme', visitor);
    const { tokens } = await signedIn(target);
    const answer = await providers.link(target, 'acme', visitor, tokens.access_token);
    expect(answer.headers.get('location')).toBe(`${target.frontendUrl}/login?error=identity_taken`);
    expect(await isAccepted(target, victim.access_token)).toBe(true);
  });
});

/** Routes for admins alone, with what a good request would have. */
const FOR_ADMINS: readonly { readonly name: string; readonly json?: object }[] = [
  { name: 'GET users/stats/count' },
  { name: 'GET users?role=admin' },
  { name: 'GET users?is_active=false' },
  { name: 'POST users', json: { ...newcomer() } },
  { name: 'GET audit-events' },
  { name: 'GET mails' },
  { name: 'POST mails/{id}/retry' },
  { name: 'DELETE users/{id}' },
  { name: 'GET users/{id}/sessions' },
  { name: 'POST users/{id}/logout-all' },
  { name: 'POST users/{id}/password/reset' },
  { name: 'POST users/{id}/email/verification' },
  { name: 'GET users/{id}/subscription' },
  { name: 'PUT users/{id}/subscription', json: { premium_until: '2099-01-01T00:00:00Z' } },
];

describe('privileges: roles', () => {
  attackAsAdmin.each(FOR_ADMINS)('CWE-269: $name is for admins', async ({ name, json }) => {
    const [method, path] = name.split(' ') as [string, string];
    for (const role of ['user', 'guest']) {
      const { person, tokens } = await signedInAs(role);
      // Their own id as well: some of it is about oneself.
      for (const id of [undefined, person.id]) {
        const to = pathTo(`/api/v1/${path}`, id);
        for (const spelled of [to, to.replace('/api/v1/', '/api/')]) {
          const answer = await call(method, spelled, tokens.access_token, json);
          expect([role, codeOf(answer)]).toEqual([role, '403 forbidden']);
        }
      }
    }
  });

  attackAsAdmin('CWE-269: a guest sees themselves and nobody else', async () => {
    const guest = await signedInAs('guest');
    const other = await newPerson(target);
    const { access_token: token } = guest.tokens;
    expectProblem(await call('GET', 'users', token), 403, 'forbidden');
    expectProblem(await call('GET', `users/${other.id}`, token), 403, 'forbidden');
    const { body } = await call('GET', `users/${guest.person.id}`, token);
    expect(body.email).toBe(guest.person.email);
  });

  attackAsAdmin('CWE-269: nobody gives themselves a role or a subscription', async () => {
    for (const role of ['user', 'guest']) {
      const { person, tokens } = await signedInAs(role);
      const { access_token: token } = tokens;
      const wanted = { role: 'admin' };
      for (const path of ['users/me', '/auth/update-user', `users/${person.id}`])
        expectProblem(await call('PATCH', path, token, wanted), 400, 'protected_field');
      const premium = { premium_until: '2099-01-01T00:00:00Z' };
      const answer = await call('PUT', `users/${person.id}/subscription`, token, premium);
      expectProblem(answer, 403, 'forbidden');
      expect(await whole(person)).toMatchObject({ role, is_premium: false });
    }
  });

  attackAsAdmin(
    'CWE-613: who is no admin any more is none with the very next request',
    async () => {
      const { person, tokens } = await signedInAs('admin');
      const { access_token: token } = tokens;
      expect((await call('GET', 'audit-events', token)).status).toBe(200);
      await amend(target, person, { role: 'user' });
      expectProblem(await call('GET', 'audit-events', token), 401, 'invalid_access_token');
      const refreshed = await call('POST', 'auth/refresh', undefined, {
        refresh_token: tokens.refresh_token,
      });
      expectProblem(refreshed, 401, 'invalid_refresh_token');
      const anew = await signIn(target, person);
      expectProblem(await call('GET', 'audit-events', anew.access_token), 403, 'forbidden');
    },
  );

  attackAsAdmin('CWE-613: who is disabled is out with the very next request', async () => {
    const { person, tokens } = await signedIn(target);
    await amend(target, person, { is_active: false });
    expect(await isAccepted(target, tokens.access_token)).toBe(false);
    const answer = await call('POST', 'auth/login', undefined, {
      username: person.username,
      password: person.password,
    });
    expectProblem(answer, 403, 'account_disabled');
    await amend(target, person, { is_active: true });
    expect(await isAccepted(target, tokens.access_token)).toBe(false);
  });

  attackAsAdmin('CWE-613: who is deleted is out, and their tokens are nobody’s', async () => {
    const { person, tokens } = await signedIn(target);
    const deleted = await call('DELETE', `users/${person.id}`, await target.adminToken());
    expect(deleted.status).toBe(204);
    expect(await isAccepted(target, tokens.access_token)).toBe(false);
    const answer = await call('POST', 'auth/refresh', undefined, {
      refresh_token: tokens.refresh_token,
    });
    expectProblem(answer, 401, 'invalid_refresh_token');
    expect(codeOf(await call('GET', `users/${person.id}`, await target.adminToken()))).toBe(
      '404 user_not_found',
    );
  });
});
