export default function teardown(): void {
  (globalThis as { stopTestPostgres?: () => void }).stopTestPostgres?.();
}
