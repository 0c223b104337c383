import type { Command } from 'commander';
import type { MigrateOptions } from './database-actions';

const actions = () => require('./database-actions') as typeof import('./database-actions');

/** `routes` and `migrate`: what the build says of itself, and of the database. */
export function addDatabaseCommands(program: Command): void {
  program
    .command('routes')
    .description('list every route with its access policy and rate limit')
    .action(() => actions().listRoutes());
  program
    .command('migrate')
    .description('bring the database to the newest schema')
    .option('--revert', 'undo the newest migration instead')
    .option(
      '--generate <name>',
      'write what the entities say and the migrations do not, as a draft',
    )
    .action((options: MigrateOptions) => actions().runMigrate(options));
}
