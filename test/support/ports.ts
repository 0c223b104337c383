import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Above those of known services, and below those that the system gives to connections. */
const [FIRST, END] = [10_000, 32_000];
const SLICES = 16;
const SIZE = (END - FIRST) / SLICES;

/** Spec files that run at the same time are run by different workers, each with ports of its own. */
const slice = Number(process.env.JEST_WORKER_ID ?? 0) % SLICES;
/** Outlives the spec file, which every module is loaded for anew. */
const placeFile = join(tmpdir(), `gatehouse-ports-${slice}`);

/**
 * A port of 127.0.0.1 where nobody listens, nor will: no other spec file is given it while this one
 * runs. So a server may be stopped and come back, and nobody else answers in the meantime.
 */
export async function freePort(): Promise<number> {
  const place = nextPlace();
  writeFileSync(placeFile, String(place));
  const port = FIRST + slice * SIZE + place;
  const probe = createServer().listen(port, '127.0.0.1');
  const isFree = await once(probe, 'listening').then(
    () => true,
    () => false,
  );
  if (!isFree) return freePort();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** One after the other: a port comes again when all the others of the slice have had their turn. */
function nextPlace(): number {
  try {
    const place = Number.parseInt(readFileSync(placeFile, 'utf8'), 10);
    if (place >= 0) return (place + 1) % SIZE;
  } catch {
    // The first that is asked for on this machine.
  }
  return randomInt(SIZE);
}
