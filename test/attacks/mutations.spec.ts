import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { declaredTests } from './support/declared-tests';

const ROOT = resolve(__dirname, '../..');
const MUTATIONS = join(__dirname, 'mutations');

interface Mutation {
  /** Full names of the tests that it makes fail; one that ends in `*` is all that begin so. */
  readonly tests: readonly string[];
  readonly changes: readonly {
    readonly file: string;
    readonly replace: string;
    readonly by: string;
  }[];
}

const topicsIn = (directory: string, ending: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .toSorted();

const TOPICS = topicsIn(__dirname, '.attack-spec.ts');

const mutationsOf = (topic: string) =>
  JSON.parse(readFileSync(join(MUTATIONS, `${topic}.json`), 'utf8')) as Mutation[];

const covers = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

it('every file of attacks says how its tests were seen to fail, and nothing else does', () => {
  expect(topicsIn(MUTATIONS, '.json')).toEqual(TOPICS);
});

describe.each(TOPICS)('the mutations of %s', (topic) => {
  const tests = declaredTests(join(__dirname, `${topic}.attack-spec.ts`));

  it('are of all its tests', () => {
    const patterns = mutationsOf(topic).flatMap((mutation) => mutation.tests);
    const isCovered = (name: string) => patterns.some((pattern) => covers(pattern, name));
    expect(tests.filter((name) => !isCovered(name))).toEqual([]);
  });

  it('are of no other tests', () => {
    const patterns = mutationsOf(topic).flatMap((mutation) => mutation.tests);
    const isOfSome = (pattern: string) => tests.some((name) => covers(pattern, name));
    expect(patterns.filter((pattern) => !isOfSome(pattern))).toEqual([]);
  });

  it('apply: what they replace is there, once', () => {
    const changes = mutationsOf(topic).flatMap((mutation) => mutation.changes);
    const counted = changes.map((change) => {
      const text = readFileSync(join(ROOT, change.file), 'utf8');
      return { ...change, count: occurrences(text, change.replace) };
    });
    expect(counted.filter(({ count, replace, by }) => count !== 1 || by === replace)).toEqual([]);
  });
});
