import type { TestApp } from './test-app';

/** Each series that `/metrics` shows, as it is written there, with its value. */
export type Series = ReadonlyMap<string, number>;

const LINE = /^(\w+(?:\{.*\})?) (\S+)$/;

export async function seriesOf({ api }: Pick<TestApp, 'api'>): Promise<Series> {
  const { status, text } = await api.get('/metrics');
  expect(status).toBe(200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name, value] = LINE.exec(line)!;
      return [name!, Number(value)];
    }),
  );
}

/** The series of one metric that rise while `work` is done, by their labels, and by how much. */
export async function risesOf(
  test: Pick<TestApp, 'api'>,
  metric: string,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = await seriesOf(test);
  await work();
  const after = await seriesOf(test);
  const rises = [...after]
    .filter(([name]) => name.startsWith(`${metric}{`) || name === metric)
    .map(([name, value]) => [name.slice(metric.length), value - (before.get(name) ?? 0)] as const)
    .filter(([, rise]) => rise !== 0);
  return Object.fromEntries(rises);
}
