import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Api } from './api';
import { until } from './until';

const ROOT = resolve(__dirname, '../..');
/** Another build than this tree's can be looked at, such as one that was broken on purpose. */
const OTHER_BUILD = process.env.SERVICE_BUILD;
/** What `Service` runs. */
export const BUILD = OTHER_BUILD ?? join(ROOT, 'dist');

const running = new Set<ChildProcess>();

/** Builds what `npm start` would run, unless it is built; one test file at a time. */
export function buildService(): void {
  if (OTHER_BUILD) return;
  const build = [process.execPath, 'scripts/build-if-stale.mjs'];
  execFileSync('flock', ['package.json', ...build], { cwd: ROOT });
}

/** An environment with a data directory of its own. */
export function freshEnvironment(): Record<string, string> & { readonly DATA_DIR: string } {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-process-'));
  // Root runs its Postgres as nobody, who must be able to enter.
  chmodSync(directory, 0o755);
  return { DATA_DIR: directory, RATE_LIMIT_ENABLED: 'false' };
}

/** Kills every service that is left, and removes the data when nobody uses it any more. */
export async function clean({ DATA_DIR: directory }: { readonly DATA_DIR: string }): Promise<void> {
  for (const child of running) child.kill('SIGKILL');
  await until(() => postgresOf(directory).length === 0);
  rmSync(directory, { recursive: true });
}

/** The processes that were told of a cluster under this directory. */
export function postgresOf(directory: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${directory}/postgres`);
    } catch {
      return false;
    }
  });
}

/** The built service as a process of its own. */
export class Service {
  /** Every line logged. */
  readonly logs: string[] = [];
  errors = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  /** Knows of the environment only what it is given here. */
  constructor(env: Readonly<Record<string, string>>) {
    // Not the project's directory, whose `.env` would be read.
    const cwd = join(env.DATA_DIR!, 'cwd');
    mkdirSync(cwd, { recursive: true });
    const fixed = { PATH: process.env.PATH!, HOST: '127.0.0.1', PORT: '0' };
    const child = spawn(process.execPath, [join(BUILD, 'src/main.js')], {
      cwd,
      env: { ...fixed, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    createInterface(child.stdout).on('line', (line) => this.logs.push(line));
    child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.exited = new Promise((exit) =>
      child.once('close', (code) => {
        running.delete(child);
        exit(code);
      }),
    );
    this.child = child;
  }

  /** Started, and listening. */
  static async listening(env: Readonly<Record<string, string>>): Promise<Service> {
    const service = new Service(env);
    await service.logged('listening');
    return service;
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return running.has(this.child);
  }

  get api(): Api {
    const line = this.logs.find((log) => /"msg":"(listening|worker ready)"/.test(log))!;
    return new Api((JSON.parse(line) as { url: string }).url);
  }

  /** @throws what it said if it ends without logging this */
  async logged(message: string): Promise<void> {
    let hasExited = false;
    void this.exited.then(() => (hasExited = true));
    await until(() => hasExited || this.logs.some((line) => line.includes(`"msg":"${message}"`)));
    if (hasExited) throw new Error(`${this.errors}\n${this.logs.join('\n')}`);
  }

  /** Resolves with the exit code; null after a signal that cannot be handled. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.signal(signal);
    return this.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
