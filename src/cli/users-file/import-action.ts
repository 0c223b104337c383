import { performance } from 'node:perf_hooks';
import { CliError } from '../cli-error';
import { type ServiceOptions, withService } from '../open-service';
import { print } from '../terminal';
import { collectGarbage } from './collect-garbage';
import { openInput, openReport } from './files';
import { readLines } from './lines';
import { RefusalReport } from './refusal-report';
import { usersFile } from './users-file.module';
import { type ImportCounts, type ImportOptions, UsersImport } from './users-import.service';

export interface ImportFlags {
  readonly dryRun?: boolean;
  readonly report?: string;
  readonly ignoreUnknown?: boolean;
}

const KIB_IN_MIB = 1024;
const BATCHES_A_COLLECTION = 10;

export async function runImport(
  file: string,
  { dryRun: isDryRun = false, ignoreUnknown: ignoresUnknown = false, report: path }: ImportFlags,
  options: ServiceOptions,
): Promise<void> {
  const startedAt = performance.now();
  const input = await openInput(file);
  try {
    const report = new RefusalReport(path === undefined ? null : await openReport(path, file));
    try {
      const counts = await importFrom(input, { isDryRun, ignoresUnknown }, report, options);
      print(summary(counts, isDryRun, (performance.now() - startedAt) / 1000));
      if (counts.refused > 0) throw new CliError(adviceOn(counts.refused, path));
    } finally {
      await report.close();
    }
  } finally {
    input.destroy();
  }
}

const importFrom = (
  input: AsyncIterable<Buffer>,
  importOptions: ImportOptions,
  report: RefusalReport,
  options: ServiceOptions,
): Promise<ImportCounts> =>
  withService(usersFile, options, (service) => {
    let batches = 0;
    return service
      .get(UsersImport)
      .run(readLines(input), importOptions, async (refused, counts) => {
        await report.write(refused);
        showProgress(counts);
        if (++batches % BATCHES_A_COLLECTION === 0) collectGarbage();
      });
  });

/** In place, for somebody who waits. */
function showProgress({ imported, alreadyThere, refused }: ImportCounts): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${imported + alreadyThere + refused} users \r`);
}

function summary(counts: ImportCounts, isDryRun: boolean, seconds: number): string {
  const { imported, admins, alreadyThere, refused } = counts;
  const whom = admins > 0 ? `${imported} (${admins} as admin)` : imported;
  const did = isDryRun ? 'Would import' : 'Imported';
  const peak = Math.round(process.resourceUsage().maxRSS / KIB_IN_MIB);
  return (
    `${did} ${whom}, already there ${alreadyThere}, refused ${refused} ` +
    `(${seconds.toFixed(1)} s, at most ${peak} MiB of memory).`
  );
}

const adviceOn = (refused: number, path: string | undefined): string =>
  `${refused === 1 ? '1 line was' : `${refused} lines were`} refused: ` +
  `${path === undefined ? '--report <file> lists them all' : `see ${path}`}. ` +
  'Correct them and import the file again; who is there already is skipped.';
