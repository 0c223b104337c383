import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { AppConfig } from '../../config/app-config';
import { type Finding, findingsOf } from './finding';

const disk = findingsOf('disk');

const MIB = 1024 * 1024;
/** Postgres stops when it cannot write; its write-ahead log alone grows to 1 GiB. */
const LEAST_MIB = 200;
const COMFORTABLE_MIB = 2048;

/** Room for the embedded Postgres. Another one's disk is not ours to see. */
export async function checkDisk({ process: { dataDir } }: AppConfig): Promise<Finding[]> {
  const { bavail, bsize } = await statfsOfNearest(resolve(dataDir));
  const free = Math.floor((bavail * bsize) / MIB);
  const message = `${free} MiB are free where DATA_DIR is`;
  const fix = `Make room, or set DATA_DIR to a larger disk: ${dataDir} holds the database.`;
  if (free < LEAST_MIB) return [disk.fail(message, fix)];
  return [free < COMFORTABLE_MIB ? disk.warn(message, fix) : disk.ok(message)];
}

/** Before the first start the directory is not there yet. */
async function statfsOfNearest(path: string) {
  try {
    return await statfs(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) throw error;
    return statfsOfNearest(dirname(path));
  }
}
