import { Gauge, Registry } from 'prom-client';
import { AskedSource, type Reading } from './asked-source';

const PATIENCE_MS = 20;

let registry: Registry;
let plain: Gauge;
let labelled: Gauge;
beforeEach(() => {
  registry = new Registry();
  plain = new Gauge({ name: 'plain', help: 'x', registers: [registry] });
  const labelNames = ['state'];
  labelled = new Gauge({ name: 'labelled', help: 'x', labelNames, registers: [registry] });
});

const sourceOf = (ask: () => Promise<readonly Reading[]>): AskedSource =>
  new AskedSource([plain, labelled], ask, PATIENCE_MS);

/** The lines with values. */
const shown = async (): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const readings = (waiting: number): readonly Reading[] => [
  { gauge: plain, value: 7 },
  { gauge: labelled, value: waiting, labels: { state: 'waiting' } },
];

it('shows what the source says', async () => {
  expect(await sourceOf(async () => readings(3)).refresh()).toBe(true);
  expect(await shown()).toEqual(['plain 7', 'labelled{state="waiting"} 3']);
});

it('shows nothing of a source that fails, not even what it said before', async () => {
  let isDown = false;
  const source = sourceOf(async () => {
    if (isDown) throw new Error('down');
    return readings(3);
  });
  await source.refresh();
  isDown = true;
  expect(await source.refresh()).toBe(false);
  expect(await shown()).toEqual([]);
  isDown = false;
  expect(await source.refresh()).toBe(true);
  expect(await shown()).toHaveLength(2);
});

it('does not wait for a source that hangs, nor asks it again before it answered', async () => {
  const answers: ((readings: readonly Reading[]) => void)[] = [];
  const source = sourceOf(() => new Promise((answer) => answers.push(answer)));
  expect([await source.refresh(), await source.refresh()]).toEqual([false, false]);
  expect(await shown()).toEqual([]);
  expect(answers).toHaveLength(1);

  answers[0]!(readings(3));
  // What came too late is not shown: it is no longer what is.
  await Promise.resolve();
  expect(await shown()).toEqual([]);
  await new Promise(setImmediate);
  const again = source.refresh();
  expect(answers).toHaveLength(2);
  answers[1]!(readings(4));
  expect(await again).toBe(true);
  expect(await shown()).toEqual(['plain 7', 'labelled{state="waiting"} 4']);
});
