// The same operations at ten thousand and at a million users, as a ratio.
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { Client } from 'undici';
import { ADMIN } from './processes.mjs';
import { latencyOf, post } from './load.mjs';

const SIZES = (process.env.BENCH_SIZES ?? '10000,1000000').split(',').map(Number);
const PASSWORD = ADMIN.password;
const TIMES = 200;

/** @returns rows of name, one latency a size, and their ratio */
export async function measureGrowth(service, database) {
  const db = new pg.Client(database);
  await db.connect();
  const client = new Client(service.origin);
  const measured = [];
  try {
    const hash = (await db.query('SELECT password_hash FROM users LIMIT 1')).rows[0].password_hash;
    for (const [step, size] of SIZES.entries()) {
      await seed(db, SIZES[step - 1] ?? 0, size, hash);
      measured.push(await measure(client, size));
    }
  } finally {
    await client.close();
    await db.end();
  }
  return {
    sizes: SIZES,
    rows: Object.keys(measured[0]).map((name) => {
      const each = measured.map((latencies) => latencies[name].p50);
      return { name, each, ratio: each.at(-1) / each[0] };
    }),
  };
}

/** Users from `from` on, each with a session; the indexes that a bulk load is slow with come after. */
async function seed(db, from, to, hash) {
  const indexes = (
    await db.query(`SELECT indexname, indexdef FROM pg_indexes
      WHERE tablename IN ('users', 'sessions') AND indexdef ~ 'USING gin'`)
  ).rows;
  for (const { indexname } of indexes) await db.query(`DROP INDEX ${indexname}`);
  await db.query(
    `INSERT INTO users (id, username, email, password_hash, role, is_active, email_verified_at,
       display_name, locale, security_stamp, created_at, updated_at)
     SELECT ('01930000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       left(md5(n::text), 12), left(md5(n::text), 12) || '@example.com', $1, 'user', true, now(),
       md5('name' || n), 'en', gen_random_uuid(), now() - n * interval '1 second', now()
     FROM generate_series($2::int, $3::int) n`,
    [hash, from + 1, to],
  );
  await db.query(
    `INSERT INTO sessions (id, user_id, security_stamp, refresh_jti, rotated_at, created_at,
       last_used_at, expires_at, ip, method)
     SELECT gen_random_uuid(), id, security_stamp, gen_random_uuid(), now(), now(), now(),
       now() + interval '7 days', '192.0.2.1', 'password'
     FROM users WHERE id > ('01930000-0000-7000-8000-' || lpad(to_hex($1::int), 12, '0'))::uuid
       AND id <= ('01930000-0000-7000-8000-' || lpad(to_hex($2::int), 12, '0'))::uuid`,
    [from, to],
  );
  for (const { indexdef } of indexes) await db.query(indexdef);
  await db.query('VACUUM ANALYZE');
}

async function measure(client, size) {
  const login = (name) =>
    post(client, '/api/v1/auth/login', { username: name, password: PASSWORD });
  const someone = () => 1 + (randomBytes(4).readUInt32LE() % size);
  const someName = () => createHash('md5').update(String(someone())).digest('hex').slice(0, 12);
  const { access_token: admin } = await login(ADMIN.username);
  const { access_token: token, refresh_token: first } = await login(someName());
  const get = async (path, bearer = admin) => {
    const { statusCode, body } = await client.request({
      method: 'GET',
      path: `/api/v1/${path}`,
      headers: { authorization: `Bearer ${bearer}` },
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${text}`);
    return JSON.parse(text);
  };
  let refreshToken = first;
  const operations = {
    'current user': () => get('users/me', token),
    refresh: async () => {
      const body = { refresh_token: refreshToken };
      ({ refresh_token: refreshToken } = await post(client, '/api/v1/auth/refresh', body));
    },
    'sign-in by username': () => login(someName()),
    'sign-in by e-mail': () => login(`${someName()}@example.com`),
    'sign-up': () => {
      const name = `new${randomBytes(8).toString('hex')}`;
      const person = { username: name, email: `${name}@example.com`, password: PASSWORD };
      return post(client, '/api/v1/auth/register', person);
    },
    'reset request': () =>
      post(client, '/api/v1/auth/password/reset/request', {
        email: `${someName()}@example.com`,
      }),
    'user by id': async () => {
      const id = someone().toString(16).padStart(12, '0');
      return get(`users/01930000-0000-7000-8000-${id}`);
    },
    'own sessions': () => get('users/me/sessions', token),
    'admin search, name': () => get(`users?q=${someName()}`),
    'admin search, five letters': () => get(`users?q=${randomBytes(3).toString('hex').slice(1)}`),
    'admin list, first page': () => get('users?limit=50'),
  };
  const latencies = {};
  for (const [name, ask] of Object.entries(operations)) {
    await latencyOf(ask, { times: 20 });
    latencies[name] = await latencyOf(ask, { times: name.startsWith('admin') ? 50 : TIMES });
  }
  return latencies;
}
