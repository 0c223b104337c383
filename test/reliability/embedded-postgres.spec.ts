import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres';

type Address = Omit<EmbeddedPostgres, 'release'>;

const ROOT = resolve(__dirname, '../..');
/** Node with the sources loaded through swc: a process of its own to kill. */
const PROGRAM = `
  const { transformFileSync } = require('@swc/core');
  const options = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } };
  require.extensions['.ts'] = (module, path) => module._compile(transformFileSync(path, options).code, path);
  const { startEmbeddedPostgres } = require('./src/database/embedded-postgres.ts');
  const started = startEmbeddedPostgres(process.argv[1], { durable: false });
`;
const STAY = `
  process.once('disconnect', () => process.exit());
  started.then(
    ({ release, ...address }) => process.send(address),
    (error) => process.send({ error: error.message }),
  );
`;
const isRoot = process.getuid?.() === 0;

describe('embedded Postgres', () => {
  let directory: string;
  let children: ChildProcess[];
  let held: EmbeddedPostgres[];
  let homes: Set<string>;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-embedded-'));
    chmodSync(directory, 0o755);
    children = [];
    held = [];
    homes = new Set();
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const postgres of held) postgres.release();
    for (const home of homes) {
      await until(() => !isRunning(home));
      rmSync(home, { recursive: true });
    }
    rmSync(directory, { recursive: true });
  });

  const noted = <A extends Address>(address: A): A => {
    homes.add(dirname(address.dataDirectory));
    return address;
  };

  const start = async (dataDir = directory, durable = false): Promise<EmbeddedPostgres> => {
    const postgres = noted(await startEmbeddedPostgres(dataDir, { durable }));
    held.push(postgres);
    return postgres;
  };

  const startInChild = async (): Promise<{ child: ChildProcess; address: Address }> => {
    const child = spawn(process.execPath, ['-e', PROGRAM + STAY, directory], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(child);
    const [message] = (await once(child, 'message')) as [Address | { error: string }];
    if ('error' in message) throw new Error(message.error);
    return { child, address: noted(message) };
  };

  it('keeps what was committed from one start to the next', async () => {
    const first = await start(directory, true);
    await remember(first, 'a row');
    first.release();
    await until(() => !isRunning(first.dataDirectory));

    expect(await recall(await start(directory, true))).toEqual(['a row']);
  });

  it('listens on a Unix socket only, in UTC, with room for 200 connections', async () => {
    const postgres = await start();
    const settings = `
      SELECT current_setting('listen_addresses') AS tcp, current_setting('TimeZone') AS zone,
             current_setting('max_connections') AS connections`;
    expect(await query(postgres, settings)).toEqual([{ tcp: '', zone: 'UTC', connections: '200' }]);
  });

  it('ends with the only process that holds it, even by kill -9, and starts again', async () => {
    const { child, address } = await startInChild();
    await remember(address, 'committed');
    child.kill('SIGKILL');
    await until(() => !isRunning(address.dataDirectory));

    expect(await recall(await start())).toEqual(['committed']);
  });

  it('lives on for a second process when the first is killed', async () => {
    const first = await startInChild();
    const second = await startInChild();
    const before = await identity(first.address);
    const client = await connected(second.address);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const { rows } = await client.query('SELECT 1 AS answer');
    await client.end();
    expect(rows).toEqual([{ answer: 1 }]);
    expect(await identity(second.address)).toEqual(before);
  });

  it('is one and the same for four processes that start at once on nothing', async () => {
    const started = await Promise.all([1, 2, 3, 4].map(startInChild));
    const identities = await Promise.all(started.map(({ address }) => identity(address)));

    expect(new Set(identities).size).toBe(1);
    const left = readdirSync(started[0]!.address.host).filter((name) => name.startsWith('draft'));
    expect(left).toEqual([]);
  });

  it('starts while the previous one is still shutting down', async () => {
    for (const round of ['1', '2', '3', '4', '5']) {
      const postgres = await start();
      await remember(postgres, round);
      postgres.release();
    }
    expect(await recall(await start())).toEqual(['1', '2', '3', '4', '5']);
  });

  it('starts after kill -9 of Postgres itself, which leaves its lock file behind', async () => {
    const postgres = await start(directory, true);
    await remember(postgres, 'survivor');
    const lockFile = readFileSync(join(postgres.dataDirectory, 'postmaster.pid'), 'utf8');
    process.kill(Number.parseInt(lockFile, 10), 'SIGKILL');

    expect(await recall(await start(directory, true))).toEqual(['survivor']);
  });

  it('does not keep the process alive', async () => {
    const print = 'started.then(({ dataDirectory }) => console.log(dataDirectory));';
    const program = ['-e', PROGRAM + print, directory];
    const dataDirectory = execFileSync(process.execPath, program, { cwd: ROOT }).toString().trim();
    homes.add(dirname(dataDirectory));

    await until(() => !isRunning(dataDirectory));
    expect(existsSync(join(dataDirectory, 'postmaster.pid'))).toBe(false);
  });

  it('says what Postgres logged when it cannot start', async () => {
    const postgres = await start();
    postgres.release();
    await until(() => !isRunning(postgres.dataDirectory));
    appendFileSync(join(postgres.dataDirectory, 'postgresql.conf'), 'nonsense = 1\n');

    await expect(start()).rejects.toThrow(/did not start[^]*unrecognized .* "nonsense"/);
    expect(isRunning(postgres.dataDirectory)).toBe(false);
  });

  it('has its socket elsewhere when the path is too long for one', async () => {
    const postgres = await start(join(directory, 'long'.repeat(30)));
    const { host } = await start(join(directory, 'long'.repeat(30)));
    homes.add(host);

    expect(host).toBe(postgres.host);
    expect(host).toMatch(/gatehouse-[0-9a-f]{16}$/);
    expect(await query(postgres, 'SELECT 1 AS answer')).toEqual([{ answer: 1 }]);
  });

  it('lies elsewhere when root keeps its data where others cannot enter', async () => {
    const closed = join(directory, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const postgres = await start(join(closed, '.data'));

    const place = isRoot ? /^\/var\/lib\/gatehouse\/[0-9a-f]{16}$/ : /closed\/.data\/postgres$/;
    expect(dirname(postgres.dataDirectory)).toMatch(place);
    expect(await query(postgres, 'SELECT 1 AS answer')).toEqual([{ answer: 1 }]);
  });
});

async function connected({ host, user, database }: Address): Promise<Client> {
  const client = new Client({ host, user, database });
  await client.connect();
  return client;
}

async function query(address: Address, text: string, values: unknown[] = []): Promise<unknown[]> {
  const client = await connected(address);
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

async function remember(address: Address, text: string): Promise<void> {
  await query(address, 'CREATE TABLE IF NOT EXISTS memory (text text NOT NULL)');
  await query(address, 'INSERT INTO memory VALUES ($1)', [text]);
}

async function recall(address: Address): Promise<string[]> {
  const rows = await query(address, 'SELECT text FROM memory ORDER BY text');
  return (rows as { text: string }[]).map(({ text }) => text);
}

/** Which cluster this is, and which run of it. */
async function identity(address: Address): Promise<string> {
  const [row] = await query(
    address,
    'SELECT system_identifier, pg_postmaster_start_time() FROM pg_control_system()',
  );
  return JSON.stringify(row);
}

/** Whether a process is left that was told of `path`: Postgres or its supervisor. */
function isRunning(path: string): boolean {
  return commandLines().some((line) => line.includes(path) && line.includes('listen_addresses'));
}

function commandLines(): string[] {
  if (process.platform !== 'linux')
    return execFileSync('ps', ['-A', '-ww', '-o', 'args=']).toString().split('\n');
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(10);
}
