import type { Command } from 'commander';
import type { RotateFlags } from './key-actions';

const actions = () => require('./key-actions') as typeof import('./key-actions');

/** `keys list`, `keys rotate` and `keys revoke`. */
export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that sign access tokens');
  keys
    .command('list')
    .description('list them, what each does and until when')
    .action((_, command: Command) => actions().listKeys(command.optsWithGlobals()));
  keys
    .command('rotate')
    .description('publish the next key, which then takes over')
    .option('--discard', 'revoke every key instead, and sign with a new one at once')
    .action((flags: RotateFlags, command: Command) =>
      actions().rotateKeys(flags, command.optsWithGlobals()),
    );
  keys
    .command('revoke')
    .description('refuse whatever a key has signed, from now on; another one signs')
    .argument('<kid>', 'as keys list shows it')
    .action((kid: string, _, command: Command) =>
      actions().revokeKey(kid, command.optsWithGlobals()),
    );
}
