import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestDatabase } from './postgres';

const MAIN = resolve(__dirname, '../../dist/src/cli/main.js');

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Env = Readonly<Record<string, string>>;

/** The built command line as a process of its own, which knows of the environment only `env`. */
export function startCli(env: Env, args: readonly string[]) {
  // Not the project's directory, whose `.env` would be read.
  const cwd = join(env.DATA_DIR!, 'cwd');
  mkdirSync(cwd, { recursive: true });
  return spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH!, ...env },
  });
}

/** Runs a command to its end. */
export async function cli(
  env: Env,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<CliResult> {
  const child = startCli(env, args);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  // It may be gone before it has read all, or anything.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, out, err };
}

/** The address of a test database, as an operator would write it. */
export function urlOf({ connection }: TestDatabase): string {
  const { host, user, database } = connection.options;
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(host!)}`;
}

const hasScript = spawnSync('script', ['--version']).status === 0;

if (!hasScript)
  process.stderr.write('\n  NO script(1): the tests of a terminal do not run here.\n\n');

/** For tests that need a terminal; without `script` they are reported as skipped, and loudly. */
export const describeWithTerminal = hasScript ? describe : describe.skip;

export interface Terminal {
  /** All that the person would have seen. */
  readonly screen: () => string;
  readonly type: (keys: string) => void;
  readonly exited: Promise<number | null>;
}

/** Runs a command on a terminal of its own. */
export function cliOnTerminal(env: Env, args: readonly string[]): Terminal {
  const cwd = join(env.DATA_DIR!, 'cwd');
  mkdirSync(cwd, { recursive: true });
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH!, SHELL: '/bin/sh', TERM: 'xterm', ...env },
  });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  return {
    screen: () => screen,
    type: (keys) => void child.stdin.write(keys),
    exited: new Promise((exit) => child.once('close', exit)),
  };
}
