// Measures the built service against limits taken in the same run, on this machine, as ratios.
// BENCH_SECONDS and BENCH_ROUNDS lengthen it, BENCH_SIZES=10000,100000 shortens the growth,
// BENCH_GROWTH=false leaves it out, BENCH_REPORT=file also writes what it prints.
import { appendFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { Client } from 'undici';
import { measureGrowth } from './growth.mjs';
import { compared, hashingRateOf, latencyOf, post, rateOf, refreshRateOf } from './load.mjs';
import { ADMIN, startWorld } from './processes.mjs';

const require = createRequire(import.meta.url);
const { loadArgon2Engine } = require('../dist/src/auth/passwords/argon2-engine.js');

const ARGON2 = { memoryKib: 19_456, timeCost: 2, parallelism: 1 };
const SESSIONS = 32;
const report = process.env.BENCH_REPORT;

if (report) writeFileSync(report, '');
const line = (text) => {
  console.log(text);
  if (report) appendFileSync(report, `${text}\n`);
};
const row = (...cells) => line(`| ${cells.join(' | ')} |`);
const perSecond = (rate) => `${Math.round(rate)}/s`;
const ms = (time) => `${time.toFixed(time < 10 ? 1 : 0)} ms`;
const beside = (name, { rate, limit, ratio }, what, aim) =>
  row(name, perSecond(rate), `${what}: ${perSecond(limit)}`, ratio.toFixed(2), aim);

const world = await startWorld();
const limit = await (async () => {
  const first = await world.startService();
  await first.stop();
  return world.startLimit();
})();
const service = await world.startService();
const api = `${service.origin}/api/v1`;
const client = new Client(service.origin);

try {
  line(`${availableParallelism()} cores, ${cpus()[0].model}, Node ${process.version}`);
  line('');
  row('what', 'measured', 'limit, in the same run', 'ratio', 'aim');
  row('---', '--:', '---', '--:', '--:');
  const idle = service.memory();
  const signIn = () => post(client, '/api/v1/auth/login', ADMIN);
  const { access_token: accessToken } = await signIn();
  const authorization = { authorization: `Bearer ${accessToken}` };

  const me = { url: `${api}/users/me`, headers: authorization };
  await rateOf({ ...me, duration: 2 });
  await rateOf({ url: `${limit.origin}/me`, headers: authorization, duration: 2 });
  beside(
    'current user, 64 connections',
    await compared(
      () => rateOf(me),
      () => rateOf({ url: `${limit.origin}/me`, headers: authorization }),
    ),
    'bare Fastify, same check and statement',
    '≥ 0.70',
  );

  const pairs = [];
  for (let n = 0; n < SESSIONS; n++) pairs.push(await signIn());
  let tokens = pairs.map(({ refresh_token: token }) => token);
  const spare = [];
  for (let n = 0; n < SESSIONS; n++) spare.push((await signIn()).refresh_token);
  beside(
    `refresh, ${SESSIONS} sessions`,
    await compared(
      async () => {
        const rate = await refreshRateOf(`${api}/auth/refresh`, tokens);
        tokens = [];
        for (let n = 0; n < SESSIONS; n++) tokens.push((await signIn()).refresh_token);
        return rate;
      },
      () => refreshRateOf(`${limit.origin}/refresh`, spare),
    ),
    'bare Fastify, same check and statement',
    '≥ 0.60',
  );

  const engine = loadArgon2Engine();
  const hash = await engine.hash(ADMIN.password, ARGON2);
  const login = {
    url: `${api}/auth/login`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  };
  const hashing = () =>
    hashingRateOf(() => engine.verify(hash, ADMIN.password), availableParallelism());
  beside(
    'sign-in, 32 connections',
    await compared(() => rateOf({ ...login, connections: 32 }), hashing),
    'argon2id alone',
    '≥ 0.90',
  );

  let people = 0;
  const signUp = () =>
    hashingRateOf(() => {
      const name = `new${process.pid}.${++people}`;
      return post(new Client(service.origin), '/api/v1/auth/register', {
        username: name,
        email: `${name}@example.com`,
        password: ADMIN.password,
      });
    }, 16);
  beside('sign-up, 16 at once', await compared(signUp, hashing), 'argon2id alone', '');

  const ask = async () => {
    const { body } = await client.request({
      method: 'GET',
      path: '/api/v1/users/me',
      headers: authorization,
    });
    await body.dump();
  };
  const probe = { times: 600, pauseMs: 5 };
  const quiet = await latencyOf(ask, probe);
  const storm = rateOf({ ...login, connections: 64, duration: 8 });
  const stormy = await latencyOf(ask, probe);
  const lag = await eventLoopLag();
  await storm;
  row(
    'current user while 64 clients sign in, p99',
    ms(stormy.p99),
    `quiet: ${ms(quiet.p99)}`,
    (stormy.p99 / quiet.p99).toFixed(2),
    '≤ 3',
  );
  row(
    'the same, p50',
    ms(stormy.p50),
    `quiet: ${ms(quiet.p50)}`,
    (stormy.p50 / quiet.p50).toFixed(2),
    '',
  );
  row('event-loop delay meanwhile, p99', ms(lag * 1000), '', '', '');
  row('start, on a database that is there', ms(service.startMs), '', '', '');
  const memory = service.memory();
  if (memory) {
    row('memory, idle', `${idle.now} MiB`, '', '', '');
    row('memory, highest of all this', `${memory.highest} MiB`, '', '', '< 200 MiB');
  }
  if (process.env.BENCH_GROWTH !== 'false') await growth();
} finally {
  await client.close();
  await service.stop();
  await limit.stop();
  world.stop();
}

async function growth() {
  const { sizes, rows } = await measureGrowth(service, world.database);
  line('');
  row('p50 of one after another', ...sizes.map((size) => `${size} users`), 'ratio', 'aim');
  row('---', ...sizes.map(() => '--:'), '--:', '--:');
  for (const { name, each, ratio } of rows) {
    const aim = name.startsWith('admin') ? '≤ 2' : '≤ 1.3';
    row(name, ...each.map(ms), ratio.toFixed(2), aim);
  }
}

async function eventLoopLag() {
  const { body } = await client.request({ method: 'GET', path: '/metrics' });
  const text = await body.text();
  return Number(/nodejs_eventloop_lag_p99_seconds (\S+)/.exec(text)[1]);
}
