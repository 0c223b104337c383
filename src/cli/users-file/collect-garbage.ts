import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Frees what is no longer used, in some hundredths of a second. V8 by itself lets garbage pile up to
 * several times of what is in use, the more the larger the machine: a command that makes garbage
 * for minutes would grow for nothing beside a service that needs the memory.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
