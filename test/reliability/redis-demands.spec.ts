import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { ConfigError } from '../../src/config/env';
import { parseRedisUrl } from '../../src/config/redis-url';
import { demandRedis } from '../../src/redis/demand-redis';
import { describeWithRedis } from '../support/redis';
import { makeCertificate, startTestCluster, startTestSentinels } from '../support/redis-forms';
import { freePort } from '../support/ports';
import { TestRedis } from '../support/redis-server';

const HOST = '127.0.0.1';

/** What a start does with this REDIS_URL: the lines it stops with, or those that it logs. */
async function startOn(url: string) {
  const [errors, warnings]: [object[], object[]] = [[], []];
  const log = {
    error: (line: object) => errors.push(line),
    warn: (line: object) => warnings.push(line),
  };
  const stopped = await demandRedis(parseRedisUrl(url)!, log).then(
    () => null,
    (error: ConfigError) => {
      expect(error).toBeInstanceOf(ConfigError);
      return error.problems;
    },
  );
  return { stopped, errors, warnings };
}

const well = { stopped: null, errors: [], warnings: [] };
const stoppedBy = (...problems: unknown[]) => ({ stopped: problems, errors: [], warnings: [] });

describeWithRedis('a start on a Redis', () => {
  const running: { stop(): Promise<void> }[] = [];
  const kept = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one);
    return one;
  };
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });

  it('that is fit goes on', async () => {
    const redis = kept(await TestRedis.start());
    expect(await startOn(redis.url)).toEqual(well);
  });

  it.each(['allkeys-lru', 'volatile-ttl'])(
    'that may throw jobs away (%s) stops',
    async (policy) => {
      const redis = kept(await TestRedis.start({ 'maxmemory-policy': policy }));
      expect(await startOn(redis.url)).toEqual(
        stoppedBy(
          `REDIS_URL: maxmemory-policy is ${policy}: Redis may throw jobs away. On the Redis: CONFIG SET maxmemory-policy noeviction, and the same in its file.`,
        ),
      );
    },
  );

  it('one of whose nodes may throw jobs away stops', async () => {
    const cluster = kept(await startTestCluster());
    await cluster.nodes[2]!.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
    const message = expect.stringContaining('maxmemory-policy is allkeys-lfu');
    expect(await startOn(cluster.url)).toEqual(stoppedBy(message));
  });

  it('that refuses the password stops, and does not tell it', async () => {
    const redis = kept(await TestRedis.start({ requirepass: 'hunter1' }));
    for (const user of ['', ':hunter2@', 'gate:hunter2@']) {
      const { stopped } = await startOn(redis.url.replace('//', `//${user}`));
      expect(stopped).toEqual([
        expect.stringMatching(/^REDIS_URL: Redis refuses us .*password\.$/),
      ]);
      expect(stopped!.join('')).not.toContain('hunter');
    }
  });

  it('that lacks the database stops', async () => {
    const redis = kept(await TestRedis.start());
    const message = expect.stringContaining('DB index is out of range');
    expect(await startOn(`${redis.url}/99`)).toEqual(stoppedBy(message));
  });

  it('that is a replica stops', async () => {
    const sentinels = kept(await startTestSentinels());
    expect(await startOn(sentinels.replica.url)).toEqual(
      stoppedBy('REDIS_URL: Redis is a replica, which takes no writes. Name its master.'),
    );
    const another = sentinels.url.replace(/master=\w+/, 'master=another');
    const message = expect.stringContaining('The sentinels know no master of that name');
    expect(await startOn(another)).toEqual(stoppedBy(message));
  });

  it('that is of another kind than REDIS_URL says stops', async () => {
    const cluster = kept(await startTestCluster());
    const single = kept(await TestRedis.start());
    const node = cluster.nodes[0]!.url;
    for (const [url, advice] of [
      [node, 'Write redis+cluster://.'],
      [single.url.replace('redis:', 'redis+cluster:'), 'It is no Cluster: write redis://.'],
      [
        `${single.url.replace('redis:', 'redis+sentinel:')}?master=gate`,
        'It is no sentinel: write redis://.',
      ],
    ] as const)
      expect(await startOn(url)).toEqual(stoppedBy(expect.stringContaining(advice)));
  });

  it('that does not tell what it is goes on, with a warning', async () => {
    const user = 'gate on nopass ~* +@all -@dangerous';
    const redis = kept(await TestRedis.start({ user }));
    // ioredis says on its own that it may not ask whether Redis is ready.
    const said = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const { stopped, errors, warnings } = await startOn(redis.url.replace('//', '//gate:any@'));
    said.mockRestore();
    expect([stopped, errors]).toEqual([null, []]);
    expect(warnings).toEqual([
      expect.objectContaining({ msg: 'Redis does not tell its version' }),
      expect.objectContaining({ msg: 'Redis does not tell its maxmemory-policy' }),
    ]);
  });

  it.each([
    ['4.0.9', stoppedBy(expect.stringContaining('Redis is version 4.0.9: too old'))],
    [
      '6.0.16',
      { ...well, warnings: [expect.objectContaining({ msg: 'Redis is version 6.0.16: old' })] },
    ],
    ['6.2.0', well],
    ['10.1.0', well],
  ])('of version %s', async (version, outcome) => {
    const server = kept(await imitate(version));
    expect(await startOn(server.url)).toEqual(outcome);
  });

  it.each(['redis', 'redis+cluster', 'redis+sentinel'])(
    'that is away (%s://) goes on, with an error',
    async (scheme) => {
      const url = `${scheme}://${HOST}:${await freePort()}`;
      const { errors, ...rest } = await startOn(
        scheme === 'redis+sentinel' ? `${url}?master=gate` : url,
      );
      expect(rest).toEqual({ stopped: null, warnings: [] });
      expect(errors).toEqual([{ msg: 'Redis does not answer', reason: expect.any(String) }]);
    },
  );

  it('whose certificate nobody vouches for goes on, with an error that says so', async () => {
    const certificate = makeCertificate();
    const port = await freePort();
    const tls = { ...certificate.directives, port: '0', 'tls-port': String(port) };
    const redis = kept(await TestRedis.start(tls));
    const { stopped, errors } = await startOn(`rediss://${HOST}:${port}`);
    certificate.remove();
    expect(stopped).toBeNull();
    expect(errors).toEqual([{ msg: 'Redis does not answer', reason: 'SELF_SIGNED_CERT_IN_CHAIN' }]);
    expect(redis.isStopped).toBe(false);
  });
});

/** A server that says it is a Redis of this version, and to all else: yes. */
async function imitate(version: string) {
  const info = `redis_version:${version}\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n`;
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const command of chunk.toString().split(/^\*/m).slice(1))
        socket.write(/\r\ninfo\r\n/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
    });
  }).listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `redis://${HOST}:${port}`,
    stop: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}
