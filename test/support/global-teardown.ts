type Global = typeof globalThis & { stopTestStores?: () => Promise<unknown> };

export default async function teardown(): Promise<void> {
  await (globalThis as Global).stopTestStores?.();
}
