import { readFileSync } from 'node:fs';
import { knownMetrics } from '../support/known-metrics';

/** Name and labels of each row of the tables. */
const documented = readFileSync('docs/metrics.md', 'utf8')
  .split('\n')
  .map((line) => /^\| `(\w+)` +\| ([^|]*)\|/.exec(line))
  .filter((row) => row !== null)
  .map(([, name, labels]) => [name, ...(labels!.match(/\w+/g) ?? [])]);

it('documents every metric with its labels, and no others', () => {
  const known = knownMetrics().map(({ name, labelNames }) => [name, ...labelNames]);
  expect(documented.map(String).toSorted()).toEqual(known.map(String).toSorted());
});
