// Puts the built service through all faults, and prints what came of it.
//
//   npm run test:faults                 what else is given goes to jest; FAULTS_SEED for others' deeds
//   npm run test:faults -- --write      writes docs/faults.md as well
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/faults.md');
const QUEUES = ['Redis', 'Postgres'];
const given = process.argv.slice(2);
const words = given.filter((word) => word !== '--write');

const reports = mkdtempSync(join(tmpdir(), 'gatehouse-reports-'));
// Both worlds at once: most of the time they wait.
const jest = ['--config', 'test/faults/jest.config.cjs', '--maxWorkers', '2', ...words];
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, 'node_modules/jest/bin/jest.js'), ...jest],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, FAULTS_REPORTS: reports } },
);
process.exitCode = status ?? 1;

const files = QUEUES.map((queue) => join(reports, `${queue}.md`));
const made = files.filter((file) => existsSync(file));
const sections = made.map((file) => readFileSync(file, 'utf8'));
rmSync(reports, { recursive: true });

const intro = readFileSync(join(import.meta.dirname, 'intro.md'), 'utf8');
const options = await resolveConfig(PAGE);
const page = await format([intro, ...sections].join('\n'), { ...options, parser: 'markdown' });
process.stdout.write(`\n${page}`);

if (given.includes('--write')) {
  if (status === 0 && made.length === QUEUES.length) writeFileSync(PAGE, page);
  else {
    process.stderr.write('docs/faults.md is not written: not everything ran and passed.\n');
    process.exitCode = 1;
  }
}
