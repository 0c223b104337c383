import { type ServiceOptions, withService } from '../open-service';
import { printAll, tell } from '../terminal';
import { collectGarbage } from './collect-garbage';
import { NewFile } from './files';
import { UsersExport } from './users-export.service';
import { usersFile } from './users-file.module';

export interface ExportFlags {
  readonly output?: string;
  readonly withHashes?: boolean;
}

const PAGES_A_COLLECTION = 10;
const WARNING =
  'This export holds password hashes: whoever reads it can try passwords on them. Keep it closed, and delete it.';

export async function runExport(
  { output, withHashes = false }: ExportFlags,
  options: ServiceOptions,
): Promise<void> {
  if (withHashes) tell(WARNING);
  const file = output === undefined ? null : await NewFile.create(output);
  try {
    const count = await withService(usersFile, options, (service) =>
      writeAll(
        service.get(UsersExport).pages(withHashes),
        file ? (text) => file.write(text) : printAll,
      ),
    );
    await file?.finish();
    tell(`Exported ${count} ${count === 1 ? 'user' : 'users'}.`);
  } catch (error) {
    await file?.abandon();
    throw error;
  }
}

async function writeAll(
  pages: AsyncIterable<readonly string[]>,
  write: (text: string) => Promise<void>,
): Promise<number> {
  let [count, written] = [0, 0];
  for await (const page of pages) {
    await write(page.map((line) => `${line}\n`).join(''));
    count += page.length;
    if (++written % PAGES_A_COLLECTION === 0) collectGarbage();
  }
  return count;
}
