import { setTimeout } from 'node:timers/promises';

/** Only to say what a run hangs on: everything waited for takes seconds. */
const PATIENCE_MS = 180_000;

/** As `until`. @throws Error that names `what`, where that never comes */
export async function patiently(what: string, probe: () => boolean | Promise<boolean>) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    if (await probe()) return;
    await setTimeout(20);
  }
  throw new Error(`waited ${PATIENCE_MS / 1000} s, in vain: ${what}`);
}
