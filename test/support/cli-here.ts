import { Readable } from 'node:stream';
import { runProgram } from '../../src/cli/run-program';
import type { CliResult } from './cli';

/**
 * As `cli`, in this process, which spares the loading of another one. For what a command does; how
 * it behaves as a process is for `cli` to show. One at a time: a process has one environment.
 */
export async function cliHere(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<CliResult> {
  let [out, err] = ['', ''];
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  const given = { ...process.env };
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => !!(out += String(text))),
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => !!(err += String(text))),
    // The project's own would be read.
    jest.spyOn(process, 'loadEnvFile').mockImplementation(() => {}),
  ];
  try {
    Object.defineProperty(process, 'stdin', {
      configurable: true,
      value: Readable.from([Buffer.from(input)]),
    });
    become({ PATH: given.PATH!, ...env });
    process.exitCode = undefined;
    await runProgram(['node', 'gatehouse', ...args]);
    return { code: exitCode(), out, err };
  } finally {
    process.exitCode = undefined;
    become(given);
    Object.defineProperty(process, 'stdin', stdin);
    spies.forEach((spy) => spy.mockRestore());
  }
}

const exitCode = (): number => Number(process.exitCode ?? 0);

function become(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}
