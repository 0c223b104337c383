import { CommanderError } from 'commander';
import { createProgram } from './program';
import { tell } from './terminal';

const WRONG_USAGE = 2;

/** Does what the arguments say, as far as `process.exitCode`. Never rejects. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    // It has said what it has to say; the help that was asked for is no error.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
    else fail(error, program.opts<{ verbose?: true }>());
  }
}

function fail(error: unknown, { verbose }: { readonly verbose?: true }): void {
  const { explain } = require('./explain') as typeof import('./explain');
  tell(explain(error));
  if (verbose) tell((error as Error).stack ?? '');
  process.exitCode = 1;
}
