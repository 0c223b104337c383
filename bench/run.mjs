// Measures the built service against limits taken in the same run, on this machine, as ratios.
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { startEmbeddedPostgres } = require('../dist/src/database/embedded-postgres.js');
const { loadArgon2Engine } = require('../dist/src/auth/passwords/argon2-engine.js');

const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const CONNECTIONS = 64;
const SECRET_KEY = 'a-key-for-measuring-that-is-long-enough-to-sign';
const PASSWORD = 'correct horse battery';
const ARGON2 = { memoryKib: 19_456, timeCost: 2, parallelism: 1 };

const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const postgres = await startEmbeddedPostgres(dataDir);
const env = {
  PATH: process.env.PATH,
  DATA_DIR: dataDir,
  SECRET_KEY,
  PORT: '0',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'info',
  RATE_LIMIT_ENABLED: 'false',
  LOGIN_REQUIRES_VERIFIED_EMAIL: 'false',
};

const service = spawn(process.execPath, ['dist/src/main.js'], {
  env,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const lines = createInterface({ input: service.stdout });
const origin = await new Promise((resolve) => {
  lines.on('line', (line) => {
    const { msg, url } = JSON.parse(line);
    if (msg === 'listening') resolve(url);
  });
});
const limit = fork(new URL('./limit-server.mjs', import.meta.url), {
  env: {
    ...env,
    BENCH_DATABASE: JSON.stringify({
      host: postgres.host,
      port: 5432,
      ssl: false,
      user: postgres.user,
      database: postgres.database,
    }),
  },
});
const limitPort = await new Promise((resolve) => limit.once('message', resolve));

const json = { 'content-type': 'application/json' };
const post = async (path, body) => {
  const answer = await fetch(`${origin}/api/v1/${path}`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

await post('auth/register', { username: 'ada', email: 'ada@example.com', password: PASSWORD });
const signIn = () => post('auth/login', { username: 'ada', password: PASSWORD });
const { access_token: accessToken } = await signIn();
const authorization = { authorization: `Bearer ${accessToken}` };

/** Requests a second, and the 99th percentile in milliseconds. */
async function load(options) {
  const result = await autocannon({ connections: CONNECTIONS, duration: SECONDS, ...options });
  const refused = result.non2xx + result.errors;
  return { rate: result.requests.average, p99: result.latency.p99, refused };
}

/** Hashes a second with as many in flight as there are cores, and nothing else going on. */
async function hashingLimit() {
  const engine = loadArgon2Engine();
  const hash = await engine.hash(PASSWORD, ARGON2);
  let done = 0;
  const end = performance.now() + SECONDS * 1000;
  const lane = async () => {
    while (performance.now() < end) {
      await engine.verify(hash, PASSWORD);
      done++;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return done / SECONDS;
}

/** Each connection refreshes its own session, again and again. */
async function refreshes() {
  const pairs = await Promise.all(Array.from({ length: 16 }, signIn));
  let done = 0;
  const end = performance.now() + SECONDS * 1000;
  const tab = async ({ refresh_token: first }) => {
    for (let token = first; performance.now() < end; done++)
      ({ refresh_token: token } = await post('auth/refresh', { refresh_token: token }));
  };
  await Promise.all(pairs.map(tab));
  return done / SECONDS;
}

const me = { url: `${origin}/api/v1/users/me`, headers: authorization };
const bare = { url: `http://127.0.0.1:${limitPort}/`, headers: authorization };
const login = {
  url: `${origin}/api/v1/auth/login`,
  method: 'POST',
  headers: json,
  body: JSON.stringify({ username: 'ada', password: PASSWORD }),
};

const row = (name, value, of = '') =>
  console.log(`${name.padEnd(34)} ${value.padStart(12)}  ${of}`);
const perSecond = (rate) => `${Math.round(rate)}/s`;
const ratio = (part, whole, what) =>
  `${(part / whole).toFixed(2)} of ${what} (${perSecond(whole)})`;

try {
  await load({ ...me, duration: 2 });
  const limitRate = (await load(bare)).rate;
  const quiet = await load(me);
  row(
    'current user',
    perSecond(quiet.rate),
    ratio(quiet.rate, limitRate, 'bare http, JWT, lookup'),
  );
  row('current user, p99', `${quiet.p99} ms`);

  const hashRate = await hashingLimit();
  const signIns = await load({ ...login, connections: 32 });
  row(
    'sign-in, 32 at once',
    perSecond(signIns.rate),
    ratio(signIns.rate, hashRate, 'bare argon2id'),
  );
  if (signIns.refused > 0) row('  refused', String(signIns.refused));

  const [storm, calm] = await Promise.all([
    load({ ...login, connections: 32 }),
    load({ ...me, connections: 8 }),
  ]);
  row('current user in a sign-in storm', perSecond(calm.rate), `p99 ${calm.p99} ms`);
  row('  sign-ins meanwhile', perSecond(storm.rate));

  row('refresh, 16 sessions', perSecond(await refreshes()));
  const { rss } = await memoryOf(service.pid);
  row('memory after all this', `${Math.round(rss / 1024)} MiB`);
} finally {
  service.kill('SIGTERM');
  limit.kill();
  await new Promise((resolve) => service.once('exit', resolve));
  postgres.release();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Resident set in KiB; Linux only, elsewhere none. */
async function memoryOf(pid) {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return { rss: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) };
}
