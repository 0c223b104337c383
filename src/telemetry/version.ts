import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** That of package.json, which lies above the sources and the build alike. */
export const VERSION = versionAbove(__dirname);

function versionAbove(directory: string): string {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return versionAbove(dirname(directory));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
