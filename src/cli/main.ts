import 'reflect-metadata';
import { runProgram } from './run-program';

// Whoever read our output has seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

void runProgram(process.argv);
