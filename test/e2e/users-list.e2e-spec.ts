import type { Answer } from '../support/api';
import { alter, effectsOf } from '../support/effects';
import { type Person, signedInAs, signIn, signUp, signUpVerified } from '../support/people';
import { expectCleanLogs, expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const BACKEND_URL = 'https://api.example.test/base';

let test: TestApp;
let admin: string;
let user: string;
let guest: string;
const people: Record<'admin' | 'user' | 'guest', Person> = {} as never;
beforeAll(async () => {
  test = await startTestApp({ env: { BACKEND_URL } });
  const as = async (role: 'admin' | 'user' | 'guest'): Promise<string> => {
    const { person, tokens } = await signedInAs(test, role);
    people[role] = person;
    test.clock.advance({ seconds: 1 });
    return tokens.access_token;
  };
  [admin, user, guest] = [await as('admin'), await as('user'), await as('guest')];
});
afterAll(async () => {
  expectCleanLogs(test.logs);
  await test.close();
});

const list = (token: string, query = ''): Promise<Answer> =>
  test.api.get(`users${query && '?'}${query}`, { token });

const PUBLIC = ['id', 'username', 'display_name', 'bio', 'avatar_url', 'created_at'];
const WHOLE = [
  ...PUBLIC,
  'email',
  'is_verified',
  'is_active',
  'is_oauth',
  'role',
  'full_name',
  'niche_preference',
  'is_premium',
  'premium_until',
  'updated_at',
  'last_login_at',
];

const usernames = ({ body }: Answer): string[] =>
  body.map(({ username }: { username: string }) => username);

/** The query of the link to the next page, or null. */
function nextOf({ headers }: Answer): string | null {
  const [, url] = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '') ?? [];
  if (!url) return null;
  expect(url.startsWith(`${BACKEND_URL}/api/`)).toBe(true);
  return url.slice(url.indexOf('?') + 1);
}

/** Every page from the first on, by following the links. */
async function walk(token: string, query: string, between = async () => {}): Promise<Answer[]> {
  const pages = [await list(token, query)];
  for (let next = nextOf(pages[0]!); next; next = nextOf(pages.at(-1)!)) {
    await between();
    pages.push(await list(token, next));
  }
  return pages;
}

const PASTED = new Date('2029-01-01T00:00:00Z').getTime();

/** Somebody who is only a row, made `minute` minutes into 2029. */
async function paste(
  username: string,
  minute: number,
  columns: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const time = new Date(PASTED + minute * 60_000);
  const row: Record<string, unknown> = {
    username,
    email: `${username}@paste.example`,
    created_at: time,
    updated_at: time,
    ...columns,
  };
  const names = Object.keys(row);
  const [{ id }] = await test.query(
    `INSERT INTO users (id, security_stamp, ${names.join(', ')})
     VALUES (gen_random_uuid(), gen_random_uuid(), ${names.map((_, n) => `$${n + 1}`).join(', ')})
     RETURNING id`,
    Object.values(row),
  );
  return id;
}

describe('what is shown', () => {
  it('to an admin is whole accounts', async () => {
    const { status, body, headers } = await list(admin);
    expect(status).toBe(200);
    for (const row of body) expect(Object.keys(row).toSorted()).toEqual(WHOLE.toSorted());
    const me = await test.api.get('users/me', { token: admin });
    expect(body.find(({ id }: { id: string }) => id === people.admin.id)).toEqual(me.body);
    expect(headers.get('x-total-count')).toBe('3');
    expect(headers.has('link')).toBe(false);
  });

  it('to anybody else is public profiles, their own too', async () => {
    const { status, body, text } = await list(user);
    expect([status, body.length]).toEqual([200, 3]);
    for (const row of body) expect(Object.keys(row).toSorted()).toEqual(PUBLIC.toSorted());
    for (const { email } of Object.values(people)) expect(text).not.toContain(email);
  });

  it('to a guest is nothing, and to nobody neither', async () => {
    expectProblem(await list(guest), 403, 'forbidden');
    expectProblem(await test.api.get('users'), 401, 'unauthenticated');
  });

  it('leaves nothing behind: no mail, no audit event', async () => {
    const { mails, audits } = await effectsOf(test, () => list(user, 'q=person'));
    expect([mails, audits]).toEqual([[], []]);
  });

  it('hides the disabled from all but admins, in the count too', async () => {
    const disabled = await signUp(test);
    await alter(test, disabled, 'is_active = false');
    expect(usernames(await list(admin))).toContain(disabled.username);
    const seen = await list(user);
    expect(usernames(seen)).not.toContain(disabled.username);
    expect(seen.headers.get('x-total-count')).toBe('3');
    expect(usernames(await list(user, `q=${disabled.username}`))).toEqual([]);
    await test.query('DELETE FROM users WHERE id = $1', [disabled.id]);
  });

  it('is the same at both spellings, each linking to itself', async () => {
    for (const path of ['/api/users', '/api/v1/users']) {
      const answer = await test.api.get(`${path}?limit=1&sort=username`, { token: admin });
      const link = `<${BACKEND_URL}${path}?limit=1&sort=username&cursor=`;
      expect(answer.headers.get('link')?.slice(0, link.length)).toBe(link);
    }
  });

  it('tells a page of another origin count and link', async () => {
    const { headers } = await test.api.get('users', {
      token: admin,
      headers: { origin: 'http://localhost:3000' },
    });
    const exposed = headers.get('access-control-expose-headers');
    expect(exposed).toContain('X-Total-Count');
    expect(exposed).toContain('Link');
  });
});

describe('what only admins may ask', () => {
  it.each(['role=admin', 'is_active=true', 'is_active=false', 'sort=last_login_at'])(
    '%s is 403 for others',
    async (query) => {
      expectProblem(await list(user, query), 403, 'forbidden');
      expect((await list(admin, query)).status).toBe(200);
    },
  );

  it('filters by role and state, together and apart', async () => {
    const disabled = await signUp(test);
    await alter(test, disabled, `is_active = false, role = 'guest'`);
    const { admin: ada, user: bob, guest: eve } = people;
    const found = async (query: string) => usernames(await list(admin, `sort=username&${query}`));
    expect(await found('role=admin')).toEqual([ada.username]);
    expect(await found('role=guest')).toEqual([eve.username, disabled.username]);
    expect(await found('is_active=false')).toEqual([disabled.username]);
    expect(await found('is_active=true')).toEqual([ada.username, bob.username, eve.username]);
    expect(await found('role=guest&is_active=true')).toEqual([eve.username]);
    expect(await found('role=user&is_active=false')).toEqual([]);
    await test.query('DELETE FROM users WHERE id = $1', [disabled.id]);
  });

  it('an admin who is demoted is answered as a user by the very next request', async () => {
    const { person, tokens } = await signedInAs(test, 'admin');
    await alter(test, person, `role = 'user'`);
    expectProblem(await list(tokens.access_token, 'role=admin'), 403, 'forbidden');
    await test.query('DELETE FROM users WHERE id = $1', [person.id]);
  });
});

describe('a parameter', () => {
  it.each([
    ['limit', ['0', '101', '-1', '1.5', 'ten', '', '1e1', '0x1', ' 1', '9'.repeat(20), 'NaN']],
    ['skip', ['-1', '10001', 'x', '', '1.0', '99999999999999999999']],
    ['role', ['', 'root', 'ADMIN', 'admin,user', 'toString', '__proto__']],
    ['is_active', ['', '1', 'yes', 'TRUE', 'null']],
    ['sort', ['', 'email', '-', '+username', 'username;DROP TABLE users', 'constructor', 'id']],
    ['q', ['', '%20%20', 'x'.repeat(101), '%00', 'a%00b']],
    ['cursor', ['', 'x', 'x'.repeat(513), '%00', 'bnVsbA', '....']],
  ])('%s is 422 by name where it makes no sense', async (name, values) => {
    for (const value of values)
      expectInvalid(await list(admin, `${name}=${value}`), [`/${name}`], ['xxx', '9999']);
  });

  it.each(['limit', 'skip', 'role', 'is_active', 'sort', 'q', 'cursor'])(
    '%s given twice is 422',
    async (name) => {
      const value = { limit: '1', skip: '1', is_active: 'true', role: 'user', sort: 'username' };
      const pair = `${name}=${value[name as keyof typeof value] ?? 'abc'}`;
      expectInvalid(await list(admin, `${pair}&${pair}`), [`/${name}`]);
    },
  );

  it.each([
    'page',
    'Limit',
    'skip[]',
    'id',
    'email',
    'password_hash',
    'constructor',
    '__proto__',
    'toString',
    'prototype',
  ])('%s is unknown, and 422', async (name) => {
    for (const value of ['1', '1&limit=5']) {
      const answer = await list(admin, `${name}=${value}`);
      expectInvalid(answer, [`/${name}`]);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('amplification: of thousands of unknown ones the answer names none', async () => {
    const query = Array.from({ length: 3000 }, (_, n) => `x${n}=`).join('&');
    expectInvalid(await list(admin, query.slice(0, 15_000)), ['']);
  });

  it('skip beyond ten thousand is referred to the cursor', async () => {
    const { body } = await list(admin, 'skip=10001');
    expect(body.errors[0].detail).toContain('cursor');
    const last = await list(admin, 'skip=10000');
    expect([last.status, last.body]).toEqual([200, []]);
    expect(last.headers.get('x-total-count')).toBe('3');
    expect(last.headers.has('link')).toBe(false);
  });
});

describe('a search', () => {
  const ids: string[] = [];
  beforeAll(async () => {
    const ada = {
      display_name: 'The Countess',
      full_name: 'Augusta Ada King',
      email: 'al@byron.example',
    };
    ids.push(
      await paste('enchantress', 1, ada),
      await paste('per_cent', 2, { display_name: '100% \\ sure' }),
      await paste('perXcent', 3, { display_name: '100 percent' }),
      await paste('zoe', 4, { display_name: 'Zo\u00eb \u00c4rger', full_name: null }),
      await paste('nobody.at.all', 5, { email: null, display_name: '\u674e\u5c0f\u9f8d' }),
    );
  });
  afterAll(() => test.query('DELETE FROM users WHERE id = ANY($1)', [ids]));

  const found = async (token: string, q: string): Promise<string[]> => {
    const answer = await list(token, `sort=created_at&q=${encodeURIComponent(q)}`);
    expect(answer.headers.get('x-total-count')).toBe(String(answer.body.length));
    return usernames(answer);
  };

  it.each([
    ['part of a username', 'chantr', ['enchantress']],
    ['part of a display name', 'countess', ['enchantress']],
    ['it in any case', 'ENCHANT', ['enchantress']],
    ['letters with marks in any case', '\u00e4RGER', ['zoe']],
    ['letters written as two', 'Zoe\u0308', ['zoe']],
    ['it with spaces around', '  countess ', ['enchantress']],
    ['% as itself', '100%', ['per_cent']],
    ['_ as itself', 'per_', ['per_cent']],
    ['a backslash as itself', '% \\ s', ['per_cent']],
    ['a name of one letter more than two', '\u674e\u5c0f\u9f8d', ['nobody.at.all']],
    ['two letters at the beginning', 'pe', ['per_cent', 'perXcent']],
    ['one character at the beginning', '\u674e', ['nobody.at.all']],
    ['nothing within from two letters', 'ch', []],
    ['% alone as a beginning', '%', []],
    ['_ alone as a beginning', '_', []],
    ['SQL as text', `' OR 1=1 --`, []],
    ['LIKE as text', '%', []],
  ])('finds %s', async (_, q, expected) => {
    for (const token of [user, admin])
      expect((await found(token, q)).filter((name) => !name.startsWith('person'))).toEqual(
        expected,
      );
  });

  it.each([
    ['an e-mail address', 'al@byron.example'],
    ['part of one', 'byron'],
    ['its beginning', 'al'],
    ['a full name', 'Augusta Ada'],
  ])('enumeration: %s finds somebody for an admin only', async (_, q) => {
    expect(await found(admin, q)).toEqual(['enchantress']);
    expect(await found(user, q)).toEqual([]);
  });

  it('goes together with every filter', async () => {
    const query = 'q=cent&role=user&is_active=true&sort=-username';
    expect(usernames(await list(admin, query))).toEqual(['perXcent', 'per_cent']);
    expect(usernames(await list(admin, 'q=cent&role=admin'))).toEqual([]);
    expect(usernames(await list(admin, 'q=cent&is_active=false'))).toEqual([]);
  });
});

describe('pages', () => {
  const ids: string[] = [];
  const SIGN_INS = [3, null, 1, 2, null, 1, 1];
  beforeAll(async () => {
    for (const [n, minute] of SIGN_INS.entries())
      ids.push(
        await paste(`page_${'cabgfed'[n]}`, n >> 1, {
          last_login_at: minute === null ? null : new Date(PASTED + minute * 60_000),
        }),
      );
  });
  afterAll(() => test.query('DELETE FROM users WHERE id = ANY($1)', [ids]));

  const ORDER_BY = {
    created_at: 'created_at, id',
    username: 'lower(username)',
    last_login_at: 'last_login_at NULLS FIRST, id',
  };

  it.each(Object.entries(ORDER_BY))(
    'sorted by %s meet everybody once, both ways',
    async (sort, by) => {
      const rows = await test.query(
        `SELECT username FROM users WHERE username LIKE 'page%' ORDER BY ${by}`,
      );
      const expected = rows.map(({ username }) => username);
      for (const limit of [1, 2, 3, 7]) {
        const forth = await walk(admin, `q=page_&limit=${limit}&sort=${sort}`);
        expect(forth.flatMap(usernames)).toEqual(expected);
        expect(forth).toHaveLength(Math.ceil(7 / limit));
        for (const page of forth) expect(page.headers.get('x-total-count')).toBe('7');
        const back = await walk(admin, `q=page_&limit=${limit}&sort=-${sort}`);
        expect(back.flatMap(usernames)).toEqual(expected.toReversed());
      }
    },
  );

  it('are twenty long and newest first unless asked otherwise', async () => {
    const more: string[] = [];
    for (let n = 0; n < 21; n++) more.push(await paste(`twenty_${n}`, 100 + n));
    const first = await list(user, 'q=twenty_');
    expect(usernames(first)).toEqual(Array.from({ length: 20 }, (_, n) => `twenty_${20 - n}`));
    expect(first.headers.get('x-total-count')).toBe('21');
    const second = await list(user, nextOf(first)!);
    expect([usernames(second), nextOf(second)]).toEqual([['twenty_0'], null]);
    await test.query('DELETE FROM users WHERE id = ANY($1)', [more]);
  });

  it('link to the next with every other parameter kept, and without skip', async () => {
    const first = await list(
      admin,
      'q=page_&skip=2&limit=2&is_active=true&role=user&sort=username',
    );
    expect(usernames(first)).toEqual(['page_c', 'page_d']);
    const next = new URLSearchParams(nextOf(first)!);
    expect(Object.fromEntries(next)).toEqual({
      q: 'page_',
      limit: '2',
      is_active: 'true',
      role: 'user',
      sort: 'username',
      cursor: expect.stringMatching(/^[\w-]+$/),
    });
    expect(usernames(await list(admin, next.toString()))).toEqual(['page_e', 'page_f']);
  });

  it.each(['created_at', '-created_at', 'username', '-username', '-last_login_at'])(
    'by %s miss and repeat nobody while rows come and go',
    async (sort) => {
      const passing: string[] = [];
      let round = 0;
      const pages = await walk(admin, `q=page_&limit=2&sort=${sort}`, async () => {
        await test.query('DELETE FROM users WHERE id = ANY($1)', [passing.splice(0)]);
        passing.push(
          await paste(`page_${'0'.repeat(++round)}`, -round),
          await paste(`page_${'z'.repeat(round)}`, 50 + round),
        );
      });
      const stayed = pages.flatMap(usernames).filter((name) => /^page_[a-g]$/.test(name));
      expect(stayed.toSorted()).toEqual(Array.from('abcdefg', (letter) => `page_${letter}`));
      await test.query('DELETE FROM users WHERE id = ANY($1)', [passing]);
    },
  );

  it('go on where somebody was who has been deleted since', async () => {
    const first = await list(admin, 'q=page_&limit=3&sort=username');
    const gone = await test.query(`DELETE FROM users WHERE username = 'page_c' RETURNING id`);
    expect(gone).toBeDefined();
    expect(usernames(await list(admin, nextOf(first)!))).toEqual(['page_d', 'page_e', 'page_f']);
    ids.push(await paste('page_c', 0, { last_login_at: new Date(PASTED + 3 * 60_000) }));
  });
});

describe('a cursor', () => {
  const cursorOf = async (query: string, token = admin): Promise<string> =>
    new URLSearchParams(nextOf(await list(token, `limit=1&${query}`))!).get('cursor')!;

  it.each([
    ['another order', 'sort=-username'],
    ['the default order', ''],
    ['another search', 'sort=username&q=per'],
    ['another role', 'sort=username&role=user'],
    ['another state', 'sort=username&is_active=true'],
  ])('of one list is 422 in one with %s', async (_, query) => {
    const cursor = await cursorOf('sort=username&q=person');
    expect((await list(admin, `sort=username&q=person&cursor=${cursor}`)).status).toBe(200);
    expectInvalid(await list(admin, `${query}&cursor=${cursor}`), ['/cursor']);
  });

  it('of an admin is not a user’s', async () => {
    const cursor = await cursorOf('sort=username');
    expectInvalid(await list(user, `sort=username&cursor=${cursor}`), ['/cursor']);
  });

  it('may come with another limit', async () => {
    const cursor = await cursorOf('sort=username');
    const rest = await list(admin, `sort=username&limit=100&cursor=${cursor}`);
    expect(rest.body).toHaveLength(2);
  });

  it('excludes skip, even of nothing', async () => {
    const cursor = await cursorOf('sort=username');
    for (const skip of [0, 1])
      expectInvalid(await list(admin, `sort=username&skip=${skip}&cursor=${cursor}`), ['/skip']);
  });

  it('forgery: whatever is in it, the answer is a page or a 422', async () => {
    for (const sort of ['created_at', 'username', 'last_login_at']) {
      const good = await cursorOf(`sort=${sort}`);
      const [digest, key, id] = JSON.parse(Buffer.from(good, 'base64url').toString());
      for (const forged of [
        [digest],
        [digest, key],
        [digest, key, id, id],
        [digest, key, 'x'],
        [digest, key, null],
        [digest, 'a\0b', id],
        [digest, '\ud800', id],
        [digest, '9999-99-99T99:99:99.999999Z', id],
        [digest, '0000-01-01T00:00:00.000000Z', id],
        [digest, 'infinity', id],
        [digest, `'; DROP TABLE users; --`, id],
        [digest, {}, id],
        [digest, [], id],
        [digest, 7, id],
        ['x', key, id],
        { digest, key, id },
        null,
      ]) {
        const cursor = Buffer.from(JSON.stringify(forged)).toString('base64url');
        const answer = await list(admin, `sort=${sort}&cursor=${cursor}`);
        if (answer.status !== 200) expectInvalid(answer, ['/cursor'], ['DROP']);
      }
    }
  });
});

describe('one user', () => {
  const get = (token: string, id: string) => test.api.get(`users/${id}`, { token });

  it('is whole to an admin and to themselves, whatever their role', async () => {
    for (const [token, person] of [
      [admin, people.user],
      [admin, people.admin],
      [user, people.user],
      [guest, people.guest],
    ] as const) {
      const { status, body } = await get(token, person.id);
      expect([status, body.email]).toEqual([200, person.email]);
      expect(Object.keys(body).toSorted()).toEqual(WHOLE.toSorted());
    }
    const me = await test.api.get('users/me', { token: user });
    expect((await get(user, people.user.id.toUpperCase())).body).toEqual(me.body);
  });

  it('is a public profile to other users', async () => {
    const { status, body } = await get(user, people.admin.id);
    expect([status, Object.keys(body).toSorted()]).toEqual([200, PUBLIC.toSorted()]);
  });

  it('is nothing to a guest, whether or not they exist', async () => {
    for (const id of [people.user.id, '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11'])
      expectProblem(await get(guest, id), 403, 'forbidden');
  });

  it('who is disabled exists for admins only', async () => {
    const disabled = await signUpVerified(test);
    await alter(test, disabled, 'is_active = false');
    expectProblem(await get(user, disabled.id), 404, 'user_not_found');
    expect((await get(admin, disabled.id)).body).toMatchObject({ is_active: false });
    await test.query('DELETE FROM users WHERE id = $1', [disabled.id]);
  });

  it.each([
    '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
    'x',
    '1',
    'null',
    '%00',
    "' OR 1=1",
    'a'.repeat(90),
  ])('%s is nobody: 404', async (id) => {
    for (const token of [user, admin])
      expectProblem(await get(token, encodeURIComponent(id)), 404, 'user_not_found');
  });

  it('me is still me', async () => {
    for (const path of ['users/me', '/api/users/me'])
      expect((await test.api.get(path, { token: guest })).body).toMatchObject({
        id: people.guest.id,
      });
  });

  it('is nobody’s business without a token', async () => {
    expectProblem(await test.api.get(`users/${people.user.id}`), 401, 'unauthenticated');
  });
});

describe('the count', () => {
  it('adds up by role, state, verification and month', async () => {
    test.clock.advance({ days: 31 });
    const [one, two] = [await signUp(test), await signUpVerified(test)];
    await alter(test, one, `is_active = false, role = 'guest'`);
    const person = people.admin;
    const { access_token: token } = await signIn(test, person);
    const { status, body } = await test.api.get('users/stats/count', { token });
    expect([status, body]).toEqual([
      200,
      {
        total_users: 5,
        by_role: { admin: 1, user: 2, guest: 2 },
        active: 4,
        disabled: 1,
        verified: 4,
        unverified: 1,
        registered_last_30_days: 2,
      },
    ]);
    test.clock.advance({ days: 30 });
    const later = await signIn(test, person);
    const after = await test.api.get('users/stats/count', { token: later.access_token });
    expect(after.body).toMatchObject({ total_users: 5, registered_last_30_days: 0 });
    await test.query('DELETE FROM users WHERE id = ANY($1)', [[one.id, two.id]]);
  });

  it('is for admins', async () => {
    for (const role of ['user', 'guest'] as const) {
      const { access_token: token } = await signIn(test, people[role]);
      expectProblem(await test.api.get('users/stats/count', { token }), 403, 'forbidden');
    }
    expectProblem(await test.api.get('users/stats/count'), 401, 'unauthenticated');
  });
});
