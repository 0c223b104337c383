import { readFileSync } from 'node:fs';
import { PROBLEMS } from '../../src/problem-map';

const documented = readFileSync('docs/errors.md', 'utf8')
  .split('\n')
  .map((line) => /^\| `(\w+)` +\| (\d{3})/.exec(line))
  .filter((row) => row !== null)
  .map(([, code, status]) => `${code} ${status}`);

it('documents every error code with its status, and no others', () => {
  const known = Object.entries(PROBLEMS).map(([code, { status }]) => `${code} ${status}`);
  expect(documented.toSorted()).toEqual(known.toSorted());
});
