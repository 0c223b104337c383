// Measures the built service against limits taken in the same run, on this machine, as ratios.
// BENCH_SECONDS and BENCH_ROUNDS lengthen it, BENCH_SIZES=10000,100000 shortens the growth,
// BENCH_GROWTH=false leaves it out, BENCH_REPORT=file also writes what it prints.
import { appendFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { Pool } from 'undici';
import { measureGrowth } from './growth.mjs';
import {
  compared,
  hashingRateOf,
  inRounds,
  latencyOf,
  median,
  post,
  rateOf,
  refreshRateOf,
} from './load.mjs';
import { ADMIN, startWorld } from './processes.mjs';

const require = createRequire(import.meta.url);
const { loadArgon2Engine } = require('../dist/src/auth/passwords/argon2-engine.js');

const ARGON2 = { memoryKib: 19_456, timeCost: 2, parallelism: 1 };
/** Of growth, by how a name begins; a list tells how long it is, which is to count it. */
const AIMS = [
  ['admin search', '≤ 2'],
  ['admin list', ''],
  ['', '≤ 1.3'],
];
const PEOPLE = 64;
const ME = '/api/v1/users/me';
const LOGIN = {
  method: 'POST',
  path: '/api/v1/auth/login',
  headers: { 'content-type': 'application/json' },
};
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
const client = new Pool(service.origin, { connections: 64 });
let signedUp = 0;

try {
  line(`${availableParallelism()} cores, ${cpus()[0].model}, Node ${process.version}`);
  line('');
  row('what', 'measured', 'limit, in the same run', 'ratio', 'aim');
  row('---', '--:', '---', '--:', '--:');
  const idle = service.memory();
  const people = await signUps(PEOPLE);
  const signIns = () => Promise.all(people.map((person) => post(client, LOGIN.path, person)));
  const bearers = (await signIns()).map(({ access_token: token }) => ({
    headers: { authorization: `Bearer ${token}` },
  }));

  const me = (origin, path) => (seconds) =>
    rateOf({ origin, request: { method: 'GET', path }, each: bearers, seconds });
  const [ours, bare] = [me(service.origin, ME), me(limit.origin, '/me')];
  for (const warmUp of [ours, bare]) await warmUp(2);
  beside(
    `current user, ${PEOPLE} connections`,
    await compared(ours, bare),
    'bare Fastify, same check and statement',
    '≥ 0.70',
  );

  const refreshTokens = async () => (await signIns()).map(({ refresh_token: token }) => token);
  let tokens = await refreshTokens();
  const spare = await refreshTokens();
  const refresh = async () => {
    const rate = await refreshRateOf(`${service.origin}/api/v1/auth/refresh`, tokens);
    tokens = await refreshTokens();
    return rate;
  };
  await refresh();
  beside(
    `refresh, ${PEOPLE} sessions`,
    await compared(refresh, () => refreshRateOf(`${limit.origin}/refresh`, spare)),
    'bare Fastify, same check and statement',
    '≥ 0.60',
  );

  const engine = loadArgon2Engine();
  const hash = await engine.hash(ADMIN.password, ARGON2);
  const storm = (more) =>
    rateOf({
      origin: service.origin,
      request: LOGIN,
      each: people.map((person) => ({ body: JSON.stringify(person) })),
      ...more,
    });
  const hashing = () =>
    hashingRateOf(() => engine.verify(hash, ADMIN.password), availableParallelism());
  await storm();
  beside(
    'sign-in, 32 connections',
    await compared(() => storm({ connections: 32 }), hashing),
    'argon2id alone',
    '≥ 0.90',
  );
  beside(
    'sign-up, 16 at once',
    await compared(() => hashingRateOf(signUp, 16), hashing),
    'argon2id alone',
    '',
  );

  const ask = async () => {
    const { body } = await client.request({
      method: 'GET',
      path: ME,
      headers: bearers[0].headers,
    });
    await body.dump();
  };
  const probe = { times: 600, pauseMs: 5 };
  const rounds = await inRounds(async () => {
    const quiet = await latencyOf(ask, probe);
    const signingIn = storm({ seconds: 8 });
    const stormy = await latencyOf(ask, probe);
    const lag = await eventLoopLag();
    await signingIn;
    return { quiet, stormy, lag };
  });
  const middle = (read) => median(rounds.map(read));
  for (const [place, aim] of [
    ['p99', '≤ 3'],
    ['p50', ''],
  ])
    row(
      `current user while 64 clients sign in, ${place}`,
      ms(middle(({ stormy }) => stormy[place])),
      `quiet: ${ms(middle(({ quiet }) => quiet[place]))}`,
      middle(({ stormy, quiet }) => stormy[place] / quiet[place]).toFixed(2),
      aim,
    );
  row('event-loop delay meanwhile, p99', ms(middle(({ lag }) => lag) * 1000), '', '', '');
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

/** So many new ones, as they sign in. */
async function signUps(count) {
  const all = [];
  for (let n = 0; n < count; n++) all.push(await signUp());
  return all;
}

async function signUp() {
  const person = { username: `new${process.pid}.${++signedUp}`, password: ADMIN.password };
  await post(client, '/api/v1/auth/register', {
    ...person,
    email: `${person.username}@example.com`,
  });
  return person;
}

async function growth() {
  const { sizes, rows } = await measureGrowth(service, world.database);
  line('');
  row('p50 of one after another', ...sizes.map((size) => `${size} users`), 'ratio', 'aim');
  row('---', ...sizes.map(() => '--:'), '--:', '--:');
  for (const { name, each, ratio } of rows) {
    const aim = AIMS.find(([start]) => name.startsWith(start))[1];
    row(name, ...each.map(ms), ratio.toFixed(2), aim);
  }
}

async function eventLoopLag() {
  const { body } = await client.request({ method: 'GET', path: '/metrics' });
  const text = await body.text();
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)[1]);
}
