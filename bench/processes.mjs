// Starts what is measured: the embedded Postgres, the built service, and the bare server beside it.
import { fork, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { startEmbeddedPostgres } = require('../dist/src/database/embedded-postgres.js');
const { derivedKey } = require('../dist/src/tokens/signing-keys.js');
const { LIVE, ROTATE } = require('../dist/src/auth/sessions/session-statements.js');
const { ACCOUNT_COLUMNS } = require('../dist/src/users/account.js');

export const SECRET_KEY = 'a-key-for-measuring-that-is-long-enough-to-sign';
export const ADMIN = { username: 'bench.admin', password: 'correct horse battery' };

/** As the service asks for many sessions at once, for one. */
const AUTHENTICATE_ONE = {
  name: 'authenticate_session',
  text: `SELECT ${ACCOUNT_COLUMNS}
    FROM sessions s
    JOIN users u ON u.id = s.user_id
    LEFT JOIN subscriptions p ON p.user_id = u.id
    WHERE ${LIVE} AND s.id = $2 AND s.user_id = $3`,
};

export async function startWorld() {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  // Root runs its Postgres as nobody, who must be able to enter.
  chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres(dataDir);
  const database = {
    host: postgres.host,
    port: 5432,
    ssl: false,
    user: postgres.user,
    database: postgres.database,
  };
  return {
    database,
    startService: (env = {}) => startService(dataDir, env),
    startLimit: () => startLimit(database),
    stop() {
      postgres.release();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** As an operator runs it: limits on, but so high that a load from one address does not meet them. */
async function startService(DATA_DIR, more) {
  const high = '9999999/60s';
  const env = {
    PATH: process.env.PATH,
    DATA_DIR,
    SECRET_KEY,
    PORT: '0',
    HOST: '127.0.0.1',
    BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
    BOOTSTRAP_ADMIN_EMAIL: 'bench.admin@example.com',
    BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    LOGIN_REQUIRES_VERIFIED_EMAIL: 'false',
    ...Object.fromEntries(
      [
        'LOGIN',
        'LOGIN_IP',
        'LOGIN_WRONG_IP',
        'LOGIN_STREAK',
        'REGISTER',
        'MAIL',
        'REFRESH',
        'REQUESTS',
      ].map((name) => [`RATE_LIMIT_${name}`, high]),
    ),
    ...more,
  };
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const origin = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the service did not start')));
    lines.on('line', (line) => {
      const { msg, url } = JSON.parse(line);
      if (msg === 'listening') resolve(url);
    });
  });
  return {
    origin,
    startMs: performance.now() - startedAt,
    memory: () => memoryOf(child.pid),
    stop: () => ended(child),
  };
}

async function startLimit(database) {
  const keys = {
    access: Buffer.from(SECRET_KEY, 'utf8').toString('hex'),
    refresh: derivedKey(SECRET_KEY, 'token refresh').toString('hex'),
  };
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    BENCH_LIMIT: JSON.stringify({
      keys,
      database,
      statements: { authenticate: AUTHENTICATE_ONE, rotate: ROTATE },
    }),
  };
  const child = fork(new URL('./limit-server.mjs', import.meta.url), { env });
  const port = await new Promise((resolve) => child.once('message', resolve));
  return { origin: `http://127.0.0.1:${port}`, stop: () => ended(child) };
}

async function ended(child) {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

/** Resident now and at its highest, in MiB; Linux only, elsewhere none. */
function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mib = (name) =>
      Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024);
    return { now: mib('VmRSS'), highest: mib('VmHWM') };
  } catch {
    return null;
  }
}
