import 'reflect-metadata';
import { startTestBackend } from './backend';
import { startTestPostgres } from './postgres';

type Global = typeof globalThis & { stopTestStores?: () => Promise<unknown> };

export default async function setup(): Promise<void> {
  const stops = await Promise.all([startTestPostgres(), startTestBackend()]);
  (globalThis as Global).stopTestStores = () => Promise.all(stops.map((stop) => stop()));
}
