import 'reflect-metadata';
import { CommanderError } from 'commander';
import { createProgram } from './program';
import { tell } from './terminal';

const WRONG_USAGE = 2;

const program = createProgram();

// Whoever read our output has seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

program.parseAsync().catch((error: unknown) => {
  // It has said what it has to say; the help that was asked for is no error.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
  else fail(error);
});

function fail(error: unknown): void {
  const { explain } = require('./explain') as typeof import('./explain');
  tell(explain(error));
  if (program.opts<{ verbose?: true }>().verbose) tell((error as Error).stack ?? '');
  process.exitCode = 1;
}
