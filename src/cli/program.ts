import { Command } from 'commander';
import { addAccountCommands } from './accounts/account-commands';
import { addDoctor } from './doctor/doctor-command';
import { addDatabaseCommands } from './database-commands';
import { addKeyCommands } from './keys/key-commands';
import { addUsersFileCommands } from './users-file/users-file-commands';

/** Every command, none of them run yet. What a command needs is loaded when it runs. */
export function createProgram(): Command {
  const program = new Command('gatehouse')
    .description('Runs and looks after a Gatehouse.')
    .option('--verbose', 'log to stderr, at LOG_LEVEL, and show where an error came from')
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride();
  addDatabaseCommands(program);
  addAccountCommands(program);
  addUsersFileCommands(program);
  addKeyCommands(program);
  addDoctor(program);
  return program;
}
