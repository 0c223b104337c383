import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LEAST_LENGTH = 32;
const LEAST_DISTINCT = 8;
const EXAMPLE = /change.?me|your.?(secret|key)|example|secret.?key|placeholder|0123456789/i;

/** Why this key must not sign tokens in production, or null if it may. */
export function weaknessOfSecretKey(key: string | null): string | null {
  if (key === null) return 'is required in production; make one with: openssl rand -base64 48';
  if (key.length < LEAST_LENGTH) return `must have at least ${LEAST_LENGTH} characters`;
  if (new Set(key).size < LEAST_DISTINCT) return 'repeats too few characters to be random';
  return EXAMPLE.test(key) ? 'looks like an example; make one with: openssl rand -base64 48' : null;
}

/** As `developmentSecretKey`, where it was made already; null where it was not. */
export function keptSecretKey(dataDir: string): string | null {
  const path = join(dataDir, 'secret-key');
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/**
 * The key of this data directory: made at the first start, readable by its owner only, the same
 * for every process that shares the directory (whoever links the file first decides).
 */
export function developmentSecretKey(dataDir: string): string {
  const path = join(dataDir, 'secret-key');
  mkdirSync(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, 'utf8');
}
