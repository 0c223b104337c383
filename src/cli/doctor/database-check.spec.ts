import type { Client } from 'pg';
import { Clock } from '../../common/time/clock';
import type { AppConfig } from '../../config/app-config';
import { loadConfig } from '../../config/env';
import { checkServer } from './database-check';

const NOW = new Date('2026-11-21T09:00:00Z');
const configOf = (environment = {}) =>
  loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'k', ...environment });

class StoppedClock extends Clock {
  now(): Date {
    return NOW;
  }
}

const SERVER = {
  version: 18,
  version_name: '18.4',
  now: NOW,
  most_connections: 97,
  has_trgm: true,
  offers_trgm: true,
  may_create: true,
};

async function findingsOf(server: Partial<typeof SERVER>, config: AppConfig = configOf()) {
  const client = { query: async () => ({ rows: [{ ...SERVER, ...server }] }) };
  const found = await checkServer(
    client as unknown as Client,
    config,
    new StoppedClock(),
    'Postgres at db/app',
  );
  return found.map(({ level, topic, message }) => `${level} ${topic}: ${message}`);
}

const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

it('finds a sound server sound', async () => {
  expect(await findingsOf({})).toEqual([
    'ok database: Postgres at db/app answers; it is version 18.4',
    "ok clock: ours and the database's are 0.0 s apart",
    'ok connections: a process (all) takes up to 19 of 97: 5 can run at once',
    'ok pg_trgm: is installed',
  ]);
});

it.each([
  ['an old version', { version: 12, version_name: '12.22' }, /^fail database: .+12\.22$/],
  ['a clock that is late', { now: after(-2) }, /^warn clock: .+ 2\.0 s apart$/],
  ['a clock that is early', { now: after(2) }, /^warn clock: .+ 2\.0 s apart$/],
  ['a clock that is wrong', { now: after(31) }, /^fail clock: .+ 31\.0 s apart$/],
  ['room for one process', { most_connections: 37 }, /^warn connections: .+ 19 of 37: 1 can run/],
  ['room for none', { most_connections: 18 }, /^fail connections: .+ 19 of 18: 0 can run/],
  [
    'an extension that is missing',
    { has_trgm: false, offers_trgm: false },
    /^fail pg_trgm: is not offered/,
  ],
  [
    'an extension that is not ours to make',
    { has_trgm: false, may_create: false },
    /^fail pg_trgm: .+our role may not/,
  ],
])('finds %s', async (_, server, line) => {
  const lines = await findingsOf(server);
  expect(lines.filter((text) => !text.startsWith('ok'))).toEqual([expect.stringMatching(line)]);
});

it('leaves an extension to the migrations that they can install', async () => {
  expect(await findingsOf({ has_trgm: false })).toContain(
    'ok pg_trgm: is offered; the migrations install it',
  );
});

it('does not count the queue on Redis', async () => {
  const redis = configOf({ REDIS_URL: 'redis://redis' });
  const api = configOf({ PROCESS_ROLE: 'api' });
  expect((await findingsOf({}, redis))[2]).toContain('takes up to 10 of 97');
  expect((await findingsOf({}, api))[2]).toContain('(api) takes up to 14 of 97');
});
