import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openToOthers, shortHash, unavailable } from './postgres-binaries';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Where the parts of one embedded Postgres lie; all in directories that only its owner enters. */
export interface PostgresHome {
  readonly directory: string;
  /** What Postgres calls PGDATA. */
  readonly cluster: string;
  /** Every process that uses Postgres holds this FIFO open for writing. */
  readonly pipe: string;
  /** Who has announced themselves through the pipe and been heard. */
  readonly holders: string;
  readonly log: string;
  readonly socketDirectory: string;
  /** Whom Postgres runs as; undefined where that is us. */
  readonly owner: Owner | undefined;
}

/** Postgres refuses to run as root; 65534 is `nobody` on every common Linux. */
const NOBODY: Owner = { uid: 65_534, gid: 65_534 };
const SOCKET = '.s.PGSQL.5432';
/** What fits in `sun_path`, without the NUL that ends it. */
const LONGEST_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

/**
 * The home that belongs to `dataDir`, the same for every process that asks, made if missing.
 * @throws Error of one line when another user owns it
 */
export function postgresHome(dataDir: string): PostgresHome {
  mkdirSync(dataDir, { recursive: true });
  const inPlace = join(realpathSync(dataDir), 'postgres');
  const { directory, owner } = placeFor(inPlace);
  const socketDirectory = socketDirectoryFor(directory);
  makePrivate(directory, owner);
  makePrivate(socketDirectory, owner);
  return {
    directory,
    cluster: join(directory, 'cluster'),
    pipe: join(directory, 'holders.pipe'),
    holders: join(directory, 'holders'),
    log: join(directory, 'postgres.log'),
    socketDirectory,
    owner,
  };
}

/** Empty where there is no such file: Postgres and other processes come and go beside us. */
export function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.of();
    throw error;
  }
}

/** As root, a home that someone else started stays theirs, and Postgres runs as them. */
function placeFor(inPlace: string): Pick<PostgresHome, 'directory' | 'owner'> {
  if (process.getuid?.() !== 0) return { directory: inPlace, owner: undefined };
  const stats = lstatSync(inPlace, { throwIfNoEntry: false });
  if (stats && stats.uid !== 0)
    return { directory: inPlace, owner: { uid: stats.uid, gid: stats.gid } };
  if (openToOthers(dirname(inPlace))) return { directory: inPlace, owner: NOBODY };
  const homes = '/var/lib/gatehouse';
  mkdirSync(homes, { recursive: true });
  chmodSync(homes, 0o755);
  return { directory: join(homes, shortHash(inPlace)), owner: NOBODY };
}

function socketDirectoryFor(directory: string): string {
  const fits = Buffer.byteLength(join(directory, SOCKET)) <= LONGEST_SOCKET_PATH;
  return fits ? directory : join(tmpdir(), `gatehouse-${shortHash(directory)}`);
}

/** Refuses what another user has put there: in /tmp anyone may be first. */
function makePrivate(directory: string, owner: Owner | undefined): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stats = lstatSync(directory);
  if (!stats.isDirectory() || !isOurs(stats, owner))
    throw unavailable(`cannot use ${directory}, which belongs to another user`);
  if (owner) chownSync(directory, owner.uid, owner.gid);
  if ((stats.mode & 0o777) !== 0o700) chmodSync(directory, 0o700);
}

/** Root's own counts: another process of ours may be between making it and giving it away. */
function isOurs({ uid }: Stats, owner: Owner | undefined): boolean {
  return uid === process.getuid?.() || uid === owner?.uid;
}
