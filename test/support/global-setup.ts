import 'reflect-metadata';
import { startTestPostgres } from './postgres';

type Global = typeof globalThis & { stopTestPostgres?: () => Promise<void> };

export default async function setup(): Promise<void> {
  (globalThis as Global).stopTestPostgres = await startTestPostgres();
}
