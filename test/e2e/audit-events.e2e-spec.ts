import type { Answer } from '../support/api';
import { signedIn, signedInAs, type Tokens } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let admin: Tokens;
beforeAll(async () => {
  test = await startTestApp();
  admin = (await signedInAs(test, 'admin')).tokens;
});
afterAll(() => test.close());

const list = (query = '', { access_token: token }: Tokens = admin): Promise<Answer> =>
  test.api.get(`audit-events${query}`, { token });

const idsOf = ({ body }: Answer): string[] => body.map(({ id }: { id: string }) => id);

const next = ({ headers }: Answer): string | null =>
  /^<http:\/\/localhost:8000\/api\/v1\/audit-events(\?.*)>; rel="next"$/.exec(
    headers.get('link') ?? '',
  )?.[1] ?? null;

const ADA = '01900000-0000-7000-8000-00000000000a';
const EVE = '01900000-0000-7000-8000-00000000000e';

/** An event of long before anything else here. */
async function add(
  action: string,
  minute: number,
  actor: string | null,
  subject: string | null,
): Promise<string> {
  const [{ id }] = await test.query(
    `INSERT INTO audit_events (id, action, actor_id, subject_id, created_at)
     VALUES (gen_random_uuid(), $1, $3, $4, '2020-01-01Z'::timestamptz + $2 * interval '1 minute')
     RETURNING id`,
    [action, minute, actor, subject],
  );
  return id;
}

describe('who may read', () => {
  it.each(['user', 'guest'] as const)('a %s may not', async (role) => {
    const { tokens } = await signedInAs(test, role);
    expectProblem(await list('', tokens), 403, 'forbidden');
  });

  it('nobody without a session may', async () => {
    expectProblem(await test.api.get('audit-events'), 401, 'unauthenticated');
  });

  it('an admin may', async () => {
    const { person } = await signedIn(test);
    const answer = await list(`?user=${person.id}`);
    expect(answer.status).toBe(200);
    expect(answer.body.map(({ action }: { action: string }) => action)).toEqual([
      'sign_in_succeeded',
      'email_verified',
      'user_registered',
    ]);
    expect(answer.body[0]).toEqual({
      id: expect.any(String),
      action: 'sign_in_succeeded',
      actor_id: person.id,
      subject_id: person.id,
      ip: '127.0.0.1',
      user_agent: 'node',
      request_id: expect.any(String),
      details: { method: 'password' },
      created_at: test.clock.now().toISOString(),
    });
  });
});

describe('what is listed', () => {
  let byAda: string;
  let aboutAda: string;
  let byAdaAboutEve: string;
  let aboutEve: string;
  let byNobody: string;
  beforeAll(async () => {
    byNobody = await add('sign_in_failed', 0, null, null);
    byAda = await add('signed_out', 1, ADA, ADA);
    aboutAda = await add('sign_in_failed', 2, null, ADA);
    byAdaAboutEve = await add('user_deleted', 3, ADA, EVE);
    aboutEve = await add('signed_out', 4, EVE, EVE);
  });

  const BEFORE = 'until=2021-01-01T00:00:00Z';

  it.each([
    ['all, newest first', '', () => [aboutEve, byAdaAboutEve, aboutAda, byAda, byNobody]],
    [
      'what a user did or met with, once each',
      `&user=${ADA}`,
      () => [byAdaAboutEve, aboutAda, byAda],
    ],
    ['of a user in capitals', `&user=${ADA.toUpperCase()}`, () => [byAdaAboutEve, aboutAda, byAda]],
    ['one action', '&action=signed_out', () => [aboutEve, byAda]],
    ['one action of one user', `&action=signed_out&user=${EVE}`, () => [aboutEve]],
    [
      'from a moment on, which counts',
      '&since=2020-01-01T00:03:00Z',
      () => [aboutEve, byAdaAboutEve],
    ],
    [
      'a stretch of time, in another zone',
      '&since=2020-01-01T02:01:00%2B02:00&user=' + ADA,
      () => [byAdaAboutEve, aboutAda, byAda],
    ],
    ['nobody we know', '&user=01900000-0000-7000-8000-000000000000', () => []],
  ])('%s', async (_, query, expected) => {
    const answer = await list(`?${BEFORE}${query}`);
    expect([answer.status, idsOf(answer)]).toEqual([200, expected()]);
    expect(next(answer)).toBeNull();
  });

  it('ends before `until`', async () => {
    expect(idsOf(await list('?until=2020-01-01T00:01:00Z'))).toEqual([byNobody]);
  });

  it('in pages, of which each has its cursor', async () => {
    for (const filter of ['', `&user=${ADA}`]) {
      const whole = idsOf(await list(`?${BEFORE}${filter}`));
      const paged: string[] = [];
      for (let query: string | null = `?${BEFORE}${filter}&limit=1`; query !== null;) {
        const answer = await list(query);
        expect(answer.status).toBe(200);
        paged.push(...idsOf(answer));
        query = next(answer);
      }
      expect(paged).toEqual(whole);
    }
  });

  it('by a cursor that is of these filters only', async () => {
    const cursor = new URLSearchParams(next(await list(`?${BEFORE}&limit=1`))!).get('cursor');
    expectInvalid(await list(`?cursor=${cursor}`), ['/cursor']);
    expectInvalid(await list(`?${BEFORE}&user=${ADA}&cursor=${cursor}`), ['/cursor']);
    expect((await list(`?${BEFORE}&cursor=${cursor}`)).status).toBe(200);
  });
});

describe('a request that is not well formed', () => {
  const forged = (...position: (string | null)[]) =>
    Buffer.from(JSON.stringify(['digest', ...position])).toString('base64url');

  it.each([
    ['?user=ada', ['/user']],
    ['?user=', ['/user']],
    ['?action=user_promoted', ['/action']],
    ['?since=yesterday', ['/since']],
    ['?since=2026-02-30T00:00:00Z', ['/since']],
    ['?since=2026-02-28T00:00:00', ['/since']],
    ['?until=0000-01-01T00:00:00Z', ['/until']],
    ['?limit=0', ['/limit']],
    ['?limit=101', ['/limit']],
    ['?limit=ten', ['/limit']],
    ['?skip=1', ['/skip']],
    [`?user=${ADA}&user=${EVE}`, ['/user']],
    ['?since=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z', ['/since']],
    ['?cursor=', ['/cursor']],
    ['?cursor=%00', ['/cursor']],
    [`?cursor=${forged('2026-01-01T00:00:00.000000Z', ADA)}`, ['/cursor']],
  ])('%s is refused', async (query, pointers) => {
    expectInvalid(await list(query), pointers);
  });

  it.each([
    ['2026-13-01T00:00:00.000000Z', ADA],
    ['infinity', ADA],
    ['2030-01-01T00:00:00.000000+23:59', ADA],
    ['9999-12-31T23:59:59.000000-05:00', ADA],
    [null, ADA],
    ['2026-01-01T00:00:00.000000Z', 'x'],
    ['2026-01-01T00:00:00.000000Z', null],
  ])('a cursor that claims %p, %p is refused', async (time, id) => {
    const good = new URLSearchParams(next(await list('?limit=1'))!).get('cursor')!;
    const [digest] = JSON.parse(Buffer.from(good, 'base64url').toString());
    const cursor = Buffer.from(JSON.stringify([digest, time, id])).toString('base64url');
    expectInvalid(await list(`?cursor=${cursor}`), ['/cursor']);
  });

  it('of years that Postgres hardly has is none', async () => {
    expect((await list('?since=0001-01-01T00:00:00%2B23:59&limit=1')).status).toBe(200);
    expect((await list('?until=9999-12-31T23:59:59Z&limit=1')).status).toBe(200);
    expectInvalid(await list('?until=9999-12-31T23:59:59-23:59&limit=1'), ['/until']);
  });
});
