type Global = typeof globalThis & { stopTestPostgres?: () => Promise<void> };

export default async function teardown(): Promise<void> {
  await (globalThis as Global).stopTestPostgres?.();
}
