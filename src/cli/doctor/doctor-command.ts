import type { Command } from 'commander';
import type { DoctorOptions } from './doctor-action';

const actions = () => require('./doctor-action') as typeof import('./doctor-action');

/** `doctor`: what is wrong, and what to do about it. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'check configuration, database, signing keys, queue and mail; exit 1 if something fails',
    )
    .option('--json', 'one line of JSON instead')
    .option('--online', 'also ask OAuth providers and SendGrid whether they answer')
    .action((options: DoctorOptions) => actions().runDoctor(options));
}
