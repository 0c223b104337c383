import type { Command } from 'commander';
import type { ExportFlags } from './export-action';
import type { ImportFlags } from './import-action';

/** `import-users` and `export-users`: docs/cli.md describes the file. */
export function addUsersFileCommands(program: Command): void {
  program
    .command('import-users')
    .description('take users over from a file of JSON lines; may be run again with the same file')
    .argument('<file>', 'one user a line; - reads stdin')
    .option('--dry-run', 'judge every line and write nothing')
    .option('--report <file>', 'write every refused line with its reasons there, as JSON lines')
    .option('--ignore-unknown', 'leave out fields that no user has, instead of refusing the line')
    .action((file: string, flags: ImportFlags, command: Command) => {
      const { runImport } = require('./import-action') as typeof import('./import-action');
      return runImport(file, flags, command.optsWithGlobals());
    });
  program
    .command('export-users')
    .description('write every user as JSON lines, to stdout or a new file')
    .option('--output <file>', 'a file that is not there yet; only its owner may read it')
    .option('--with-hashes', 'with password hashes: whoever has the file can try passwords on them')
    .action((flags: ExportFlags, command: Command) => {
      const { runExport } = require('./export-action') as typeof import('./export-action');
      return runExport(flags, command.optsWithGlobals());
    });
}
