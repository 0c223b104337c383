import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports';
import { type RedisDirectives, TestRedis } from './redis-server';
import { until } from './until';

const directory = (): string => mkdtempSync(join(tmpdir(), 'gatehouse-redis-'));

/** A certificate for 127.0.0.1, and that of the authority which signed it. */
export interface TestCertificate {
  readonly authority: string;
  readonly directives: RedisDirectives;
  remove(): void;
}

export function makeCertificate(): TestCertificate {
  const home = directory();
  const file = (name: string): string => join(home, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-keyout', file('ca.key'), '-out', file('ca.crt')];
  openssl('req', '-x509', ...key, ...authority, '-subj', '/CN=A test authority');
  const request = ['-keyout', file('redis.key'), '-out', file('redis.csr')];
  openssl('req', ...key, ...request, '-subj', '/CN=redis');
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1');
  const signer = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  const sign = ['-in', file('redis.csr'), '-out', file('redis.crt'), '-extfile', file('names')];
  openssl('x509', '-req', ...signer, ...sign);
  return {
    authority: file('ca.crt'),
    directives: {
      'tls-cert-file': file('redis.crt'),
      'tls-key-file': file('redis.key'),
      'tls-ca-cert-file': file('ca.crt'),
      'tls-auth-clients': 'no',
    },
    remove: () => rmSync(home, { recursive: true }),
  };
}

export interface TestCluster {
  readonly url: string;
  readonly nodes: readonly TestRedis[];
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/** Three masters that share all slots. */
export async function startTestCluster(): Promise<TestCluster> {
  const home = directory();
  const nodes = await Promise.all([0, 1, 2].map((n) => startNode(home, n)));
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [n, node] of nodes.entries()) {
    const last = Math.min(SLOTS, (n + 1) * share) - 1;
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(n * share), String(last));
    const { port, busPort } = nodes[0]!;
    await node.command('CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort));
  }
  for (const node of nodes)
    await until(async () => {
      const info = String(await node.command('CLUSTER', 'INFO'));
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      rmSync(home, { recursive: true });
    },
  };
}

async function startNode(home: string, n: number) {
  const busPort = await freePort();
  const directives = {
    dir: home,
    'cluster-enabled': 'yes',
    'cluster-config-file': `nodes-${n}.conf`,
    'cluster-port': String(busPort),
  };
  return Object.assign(await TestRedis.start(directives), { busPort });
}

export interface TestSentinels {
  readonly url: string;
  /** The master at the beginning. */
  readonly master: TestRedis;
  readonly replica: TestRedis;
  /** Brings back whichever of the two was lost: it is a replica then. */
  recover(): Promise<void>;
  stop(): Promise<void>;
}

const MASTER = 'gate';

/** A master, its replica, and three sentinels that promote the replica when the master is gone. */
export async function startTestSentinels(): Promise<TestSentinels> {
  const home = directory();
  const master = await TestRedis.start();
  const replica = await TestRedis.start({
    replicaof: `127.0.0.1 ${master.port}`,
    'repl-diskless-sync-delay': '0',
  });
  await until(async () => String(await replica.command('INFO')).includes('master_link_status:up'));
  const sentinels = await Promise.all([0, 1, 2].map((n) => startSentinel(home, n, master.port)));
  for (const sentinel of sentinels)
    await until(async () => {
      const info = String(await sentinel.command('INFO', 'sentinel'));
      return info.includes('slaves=1') && info.includes('sentinels=3');
    });
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  return {
    url: `redis+sentinel://${hosts}?master=${MASTER}`,
    master,
    replica,
    async recover() {
      if (master.isStopped) await master.start();
      replica.wake();
      await until(async () => {
        const infos = await Promise.all([master, replica].map((redis) => redis.command('INFO')));
        return infos.some((info) => String(info).includes('master_link_status:up'));
      });
    },
    async stop() {
      await Promise.all([...sentinels, replica, master].map((redis) => redis.stop()));
      rmSync(home, { recursive: true });
    },
  };
}

async function startSentinel(home: string, n: number, master: number): Promise<TestRedis> {
  const port = await freePort();
  const file = join(home, `sentinel-${n}.conf`);
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor ${MASTER} 127.0.0.1 ${master} 2`,
    `sentinel down-after-milliseconds ${MASTER} 1000`,
    `sentinel failover-timeout ${MASTER} 3000`,
  ];
  writeFileSync(file, `${settings.join('\n')}\n`);
  return TestRedis.startSentinel(port, file);
}
