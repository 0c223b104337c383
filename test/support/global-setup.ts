import 'reflect-metadata';
import { startTestPostgres } from './postgres';

export default async function setup(): Promise<void> {
  (globalThis as { stopTestPostgres?: () => void }).stopTestPostgres = await startTestPostgres();
}
