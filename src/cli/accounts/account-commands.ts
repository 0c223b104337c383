import { Argument, type Command } from 'commander';
import { type Role, ROLES } from '../../common/access/principal';
import type { CreateAdminOptions } from './account-actions';

const actions = () => require('./account-actions') as typeof import('./account-actions');

const WHO = 'id, username or e-mail address';

/** `create-admin`, `set-role`, `disable` and `enable`. */
export function addAccountCommands(program: Command): void {
  program
    .command('create-admin')
    .description('make an admin; asks for the password')
    .requiredOption('--username <name>', '3 to 50 of letters, digits, "_", "." and "-"')
    .requiredOption('--email <address>', 'counts as verified')
    .option('--password-stdin', 'read the password from the first line of stdin')
    .action((options: CreateAdminOptions, command: Command) =>
      actions().createAdmin(options, command.optsWithGlobals()),
    );
  program
    .command('set-role')
    .description('give a user another role; their sessions end')
    .argument('<user>', WHO)
    .addArgument(new Argument('<role>').choices(ROLES))
    .action((user: string, role: Role, _, command: Command) =>
      actions().setRole(user, role, command.optsWithGlobals()),
    );
  program
    .command('disable')
    .description('keep a user from signing in; their sessions end')
    .argument('<user>', WHO)
    .action((user: string, _, command: Command) =>
      actions().setActive(user, false, command.optsWithGlobals()),
    );
  program
    .command('enable')
    .description('let a user sign in again; no session comes back')
    .argument('<user>', WHO)
    .action((user: string, _, command: Command) =>
      actions().setActive(user, true, command.optsWithGlobals()),
    );
}
