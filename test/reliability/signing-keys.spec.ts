import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/data-source';
import { cli, type CliResult, urlOf } from '../support/cli';
import { cliHere } from '../support/cli-here';
import { headerOf } from '../support/forge';
import { PASSWORD } from '../support/people';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { buildService, clean, freshEnvironment, Service } from '../support/service';

const SECRET_KEY = 'Zm9yIHRoZSBwcm9jZXNzIHRlc3RzIGFuZCBub3RoaW5nIGVsc2U';
const OTHER_KEY = 'YW5vdGhlciBrZXkgdGhhdCBvcGVucyBub3RoaW5nIGF0IGFsbC4';

let environment: ReturnType<typeof freshEnvironment> & Record<string, string>;
let database: TestDatabase;
let dataSource: DataSource;
beforeAll(buildService, 300_000);
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource(dataSourceOptions(database.connection, 2)).initialize();
  environment = {
    ...freshEnvironment(),
    SECRET_KEY,
    DATABASE_URL: urlOf(database),
    ACCESS_TOKEN_ALGORITHM: 'ES256',
    ARGON2_MEMORY_KIB: '1024',
    LOGIN_REQUIRES_VERIFIED_EMAIL: 'false',
  };
});
afterEach(async () => {
  await clean(environment);
  await dataSource.destroy();
  await database.drop();
});

const keys = (...args: string[]): Promise<CliResult> => cliHere(environment, ['keys', ...args]);
/** As a process of its own. */
const keysApart = (...args: string[]): Promise<CliResult> => cli(environment, ['keys', ...args]);
const rows = () => dataSource.query('SELECT * FROM signing_keys ORDER BY created_at');

/** One line on stderr, nothing on stdout. */
function expectRefusal(result: CliResult, line: RegExp): void {
  expect(result).toEqual({ code: 1, out: '', err: expect.stringMatching(/^[^\n]+\n$/) });
  expect(result.err.trim()).toMatch(line);
}

async function signIn({ api }: Service, username = 'ada'): Promise<string> {
  await api.post('auth/register', {
    username,
    email: `${username}@example.com`,
    password: PASSWORD,
  });
  const { status, body } = await api.post('auth/login', { username, password: PASSWORD });
  expect(status).toBe(200);
  return body.access_token;
}

const statusOf = async ({ api }: Service, token: string): Promise<number> =>
  (await api.get('auth/me', { token })).status;

const kidOf = (token: string): string => headerOf(token).kid as string;

/** The state of each key that `keys list` shows, by its name. */
async function listed(): Promise<Record<string, string>> {
  const { code, out } = await keys('list');
  expect(code).toBe(0);
  const [head, ...lines] = out.trimEnd().split('\n');
  expect(head!.split(/ {2,}/)).toEqual([
    'KID',
    'ALGORITHM',
    'STATE',
    'CREATED',
    'SIGNS FROM',
    'SIGNS UNTIL',
    'VERIFIES UNTIL',
  ]);
  return Object.fromEntries(
    lines.map((line) => line.split(/ {2,}/)).map(([kid, , state]) => [kid, state]),
  );
}

/** A token that names a key nobody has, so that the process looks at the table again. */
function withUnknownKid(token: string): string {
  const header = { ...headerOf(token), kid: 'x'.repeat(43) };
  const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
  return [encoded, ...token.split('.').slice(1)].join('.');
}

/** What must not be read in anything that a process says. */
async function expectNoSecrets(said: string): Promise<void> {
  expect(said).not.toContain(SECRET_KEY);
  expect(said).not.toContain(OTHER_KEY);
  expect(said).not.toMatch(/PRIVATE KEY|"d"/);
  for (const { private_key: sealed } of await rows())
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(said).not.toContain(sealed?.toString(encoding).slice(0, 40) ?? 'PRIVATE KEY');
}

it('makes one key for four processes that start at once, and each takes the tokens of all', async () => {
  const services = await Promise.all([1, 2, 3, 4].map(() => Service.listening(environment)));
  expect(await rows()).toHaveLength(1);
  const tokens = await Promise.all(services.map((service, n) => signIn(service, `person${n}`)));
  for (const service of services)
    for (const token of tokens) expect(await statusOf(service, token)).toBe(200);
  const published = await Promise.all(services.map(({ api }) => api.get('/.well-known/jwks.json')));
  const kids = published.map(({ body }) => body.keys.map(({ kid }: { kid: string }) => kid));
  expect(kids.flat()).toEqual(Array(4).fill(kidOf(tokens[0]!)));
});

describe('keys', () => {
  it('lists, rotates and revokes beside the service, which goes on', async () => {
    const service = await Service.listening(environment);
    const token = await signIn(service);
    const first = kidOf(token);
    expect(await listed()).toEqual({ [first]: 'signing' });

    const rotated = await keysApart('rotate');
    expect(rotated).toMatchObject({ code: 0, err: '' });
    const [, next] = /^(\S{43}) is published, and signs from 20\S+Z on\.\n$/.exec(rotated.out)!;
    expect(await listed()).toEqual({ [first]: 'signing', [next!]: 'next' });
    expectRefusal(await keys('rotate'), /^A next key is published already; see keys list\.$/);

    const revoked = await keysApart('revoke', first);
    expect(revoked).toEqual({
      code: 0,
      out: `${first} is revoked. What it signed is refused everywhere within 30 seconds.\n`,
      err: '',
    });
    expect(await listed()).toEqual({ [first]: 'revoked', [next!]: 'signing' });
    expect(await statusOf(service, withUnknownKid(token))).toBe(401);
    expect(await statusOf(service, token)).toBe(401);
    const fresh = await signIn(service);
    expect(kidOf(fresh)).toBe(next);
    expect(await statusOf(service, fresh)).toBe(200);

    expect((await keys('revoke', first)).out).toBe(`${first} is revoked. It had ended already.\n`);
    expectRefusal(
      await keysApart('revoke', 'nobody'),
      /^There is no key of that name; see keys list\.$/,
    );
    const said = service.logs.join('\n') + service.errors + rotated.out + revoked.out;
    const apart = await keysApart('list');
    expect(apart).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^KID /) });
    await expectNoSecrets(said + apart.out);
  });

  it('discards all, and one that was made for it signs', async () => {
    const service = await Service.listening(environment);
    const token = await signIn(service);
    await keys('rotate');
    const { code, out } = await keys('rotate', '--discard');
    expect([code, out]).toEqual([
      0,
      'Revoked 2: what they signed is refused everywhere within 30 seconds.\n',
    ]);
    expect(Object.values(await listed()).toSorted()).toEqual(['revoked', 'revoked', 'signing']);
    expect(await statusOf(service, withUnknownKid(token))).toBe(401);
    expect(await statusOf(service, token)).toBe(401);
    expect(await statusOf(service, await signIn(service))).toBe(200);
  });

  it('are none with HS256, and cannot be rotated', async () => {
    environment.ACCESS_TOKEN_ALGORITHM = 'HS256';
    expect((await keys('list')).out).toMatch(/^There are none\. /);
    expectRefusal(await keys('rotate'), /^ACCESS_TOKEN_ALGORITHM is HS256: SECRET_KEY signs/);
    expect(await rows()).toEqual([]);
  });

  it('is wrong usage alone, or with what it does not know', async () => {
    for (const args of [[], ['burn'], ['revoke'], ['rotate', '--all'], ['list', 'x']]) {
      const { code, out } = await keys(...args);
      expect([args, code, out]).toEqual([args, 2, '']);
    }
  });
});

describe('another SECRET_KEY', () => {
  it('stops the start with one line that says what to do, and the keys are kept', async () => {
    const service = await Service.listening(environment);
    await service.end('SIGTERM');
    const before = await rows();
    environment.SECRET_KEY = OTHER_KEY;
    const refused = new Service(environment);
    expect(await refused.exited).toBe(1);
    expect(refused.errors).toMatch(
      /^Gatehouse cannot start\.\n {2}SECRET_KEY: does not open the signing key \S{43}, [^\n]+ keys rotate --discard\n$/,
    );
    await expectNoSecrets(refused.errors + refused.logs.join('\n'));
    expectRefusal(await keys('rotate'), /SECRET_KEY: does not open the signing key/);
    expect(await rows()).toEqual(before);

    environment.SECRET_KEY = SECRET_KEY;
    expect(await statusOf(await Service.listening(environment), 'x')).toBe(401);
  });

  it('is started with once the keys of before are discarded', async () => {
    const service = await Service.listening(environment);
    const token = await signIn(service);
    await service.end('SIGTERM');
    environment.SECRET_KEY = OTHER_KEY;
    expect((await keys('rotate', '--discard')).code).toBe(0);
    const restarted = await Service.listening(environment);
    expect(await statusOf(restarted, token)).toBe(401);
    const fresh = await signIn(restarted);
    expect(await statusOf(restarted, fresh)).toBe(200);
    expect(Object.values(await listed()).toSorted()).toEqual(['revoked', 'signing']);
  });

  it('does not matter where SECRET_KEY signs itself', async () => {
    await (await Service.listening(environment)).end('SIGTERM');
    Object.assign(environment, { SECRET_KEY: OTHER_KEY, ACCESS_TOKEN_ALGORITHM: 'HS256' });
    const service = await Service.listening(environment);
    expect(await statusOf(service, await signIn(service))).toBe(200);
  });
});
