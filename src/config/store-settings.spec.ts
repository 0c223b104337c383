import { inspectConfig } from './env';

const DATABASE_URL = 'postgres://pooler/gate';
const DATABASE_DIRECT_URL = 'postgres://server/gate';
const REDIS_URL = 'redis://redis';

describe('a PgBouncer', () => {
  it.each([
    ['does with a way past it for the queue', { DATABASE_DIRECT_URL }],
    ['does with the queue on Redis', { REDIS_URL }],
    ['does with both', { DATABASE_DIRECT_URL, REDIS_URL }],
  ])('%s', (_, more) => {
    const { config, problems } = inspectConfig({
      DATABASE_URL,
      DATABASE_PGBOUNCER: 'true',
      ...more,
    });
    expect(problems).toEqual([]);
    expect(config.database).toMatchObject({
      url: DATABASE_URL,
      isPooled: true,
      directUrl: 'DATABASE_DIRECT_URL' in more ? DATABASE_DIRECT_URL : null,
    });
  });

  it('does not do with neither', () => {
    const { problems } = inspectConfig({ DATABASE_URL, DATABASE_PGBOUNCER: 'true' });
    expect(problems).toEqual([expect.stringMatching(/^DATABASE_DIRECT_URL: is required with /)]);
  });

  it('is not suspected by itself: two ways to the database want an explanation', () => {
    const { problems } = inspectConfig({ DATABASE_URL, DATABASE_DIRECT_URL });
    expect(problems).toEqual([expect.stringMatching(/^DATABASE_DIRECT_URL: .*PGBOUNCER=true/)]);
  });
});

it('the embedded Postgres has neither a PgBouncer nor a replica', () => {
  const { problems } = inspectConfig({
    DATABASE_PGBOUNCER: 'true',
    DATABASE_DIRECT_URL,
    DATABASE_REPLICA_URL: DATABASE_DIRECT_URL,
  });
  expect(problems.map((problem) => problem.split(':', 1)[0])).toEqual([
    'DATABASE_PGBOUNCER',
    'DATABASE_DIRECT_URL',
    'DATABASE_REPLICA_URL',
  ]);
});

it.each(['a b', '{gate}', 'gate*', 'x'.repeat(65)])('no key begins with %j', (prefix) => {
  const { config, problems } = inspectConfig({ REDIS_URL, REDIS_PREFIX: prefix });
  expect(problems).toEqual([expect.stringMatching(/^REDIS_PREFIX: must be 1 to 64 of letters/)]);
  expect(config.redis).toMatchObject({ prefix: 'gatehouse' });
});
