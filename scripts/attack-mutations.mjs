// Shows that the attack tests can fail: breaks one defence at a time in a throwaway copy of the
// tree, and runs the tests that are said to notice (test/attacks/mutations/*.json).
//
//   node scripts/attack-mutations.mjs [part of a topic or of a test's name]
//
// Prints a line for each mutation, and exits with 1 unless every test was seen to fail.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '..');
const PARTS = ['src', 'migrations', 'test', 'scripts', 'package.json', 'jest.config.json'];
const CONFIGS = ['tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];
const START_FAULT = 'the target does not start';
const filter = process.argv.slice(2).join(' ');

const covers = (pattern, name) =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** A copy that may be broken: the packages are linked, everything else is its own. */
function copyOfTree() {
  const copy = mkdtempSync(join(tmpdir(), 'gatehouse-mutations-'));
  for (const part of [...PARTS, ...CONFIGS])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  try {
    // Hard links: packages find one another as they do here.
    execFileSync('cp', ['-al', join(ROOT, 'node_modules'), copy], { stdio: 'ignore' });
  } catch {
    rmSync(join(copy, 'node_modules'), { recursive: true, force: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  }
  const {
    globalSetup: _,
    globalTeardown: __,
    ...jest
  } = JSON.parse(readFileSync(join(copy, 'jest.config.json'), 'utf8'));
  // The target has a Postgres of its own.
  writeFileSync(join(copy, 'jest.config.json'), JSON.stringify(jest));
  return copy;
}

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
  ts.sys,
  ROOT,
);

/** Without a look at types, which no mutation is about. */
function transpile(copy, file) {
  const { outputText } = ts.transpileModule(readFileSync(join(copy, file), 'utf8'), {
    compilerOptions: { ...options, module: ts.ModuleKind.CommonJS, sourceMap: false },
    fileName: file,
  });
  const built = join(copy, 'dist', file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(built), { recursive: true });
  writeFileSync(built, outputText);
}

function build(copy) {
  for (const root of ['src', 'migrations'])
    for (const name of readdirSync(join(copy, root), { recursive: true }))
      if (/(?<!spec|\.d)\.ts$/.test(name)) transpile(copy, join(root, name));
  execFileSync(process.execPath, ['scripts/copy-assets.mjs'], { cwd: copy });
  // Newer than any source will be: what is mutated is built here, not by the tests.
  const later = new Date(Date.now() + 24 * 3_600_000);
  utimesSync(join(copy, 'dist/.built'), later, later);
}

/** The results of the tests of a topic whose names match one of these patterns. */
function run(copy, topic, patterns) {
  const output = join(copy, 'results.json');
  const escaped = patterns.map((pattern) => {
    const name = pattern.replace(/\*$/, '').replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    return pattern.endsWith('*') ? `^${name}` : `^${name}$`;
  });
  rmSync(output, { force: true });
  const file = `test/attacks/${topic}.attack-spec.ts`;
  const { ATTACK_URL: _, ...env } = process.env;
  const { stderr } = spawnSync(
    process.execPath,
    [
      join(copy, 'node_modules/jest/bin/jest.js'),
      '--runTestsByPath',
      file,
      '--runInBand',
      '--json',
      '--outputFile',
      output,
      '--testNamePattern',
      escaped.join('|'),
    ],
    { cwd: copy, env, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28 },
  );
  try {
    const [{ assertionResults, message }] = JSON.parse(readFileSync(output, 'utf8')).testResults;
    if (assertionResults.length === 0) throw new Error(message);
    return assertionResults.filter(({ status }) => status !== 'pending');
  } catch (error) {
    throw new Error(`${file} cannot be run: ${stderr}`, { cause: error });
  }
}

const reasonOf = ({ failureMessages }) =>
  (failureMessages[0] ?? '')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/\u001B\[\d+m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at '))
    .filter((line) => !/^(Error: )?expect\(|^[-+] (Expected|Received) |[[{(]$/.test(line))
    .slice(0, 3)
    .map((line) => line.slice(0, 120))
    .join(' / ');

function applied(copy, { changes }) {
  const texts = new Map();
  for (const { file, replace, by } of changes) {
    const text = texts.get(file) ?? readFileSync(join(copy, file), 'utf8');
    if (text.split(replace).length !== 2) return null;
    texts.set(
      file,
      text.replace(replace, () => by),
    );
  }
  return texts;
}

/** What became of the tests of one mutation. */
function tryMutation(copy, topic, mutation) {
  const texts = applied(copy, mutation);
  if (!texts) return { verdict: 'no longer applies', results: [] };
  const originals = [...texts.keys()].map((file) => [file, readFileSync(join(copy, file), 'utf8')]);
  try {
    for (const [file, text] of texts) {
      writeFileSync(join(copy, file), text);
      transpile(copy, file);
    }
    const results = run(copy, topic, mutation.tests);
    const isFault = results.some(({ failureMessages }) =>
      failureMessages.some((message) => message.includes(START_FAULT)),
    );
    if (isFault) return { verdict: START_FAULT, results: [] };
    const passing = results.filter(({ status }) => status !== 'failed');
    if (results.length > passing.length && passing.length > 0)
      return { verdict: 'PARTLY', results };
    return { verdict: passing.length === 0 ? 'seen to fail' : 'SURVIVED', results };
  } finally {
    for (const [file, text] of originals) {
      writeFileSync(join(copy, file), text);
      transpile(copy, file);
    }
  }
}

function report(topic, mutation, { verdict, results }) {
  const failed = results.filter(({ status }) => status === 'failed');
  const { file, replace, by } = mutation.changes[0];
  const more = mutation.changes.length > 1 ? ` and ${mutation.changes.length - 1} more` : '';
  console.log(`${verdict} ${failed.length}/${results.length}  ${topic}: ${mutation.tests[0]}`);
  console.log(`    ${file}: ${JSON.stringify(replace)} -> ${JSON.stringify(by)}${more}`);
  if (failed.length > 0) console.log(`    because: ${reasonOf(failed[0])}`);
  for (const { fullName, status } of results)
    if (status !== 'failed') console.log(`    still passes: ${fullName}`);
}

const directory = join(ROOT, 'test/attacks/mutations');
const wanted = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name.slice(0, -'.json'.length), JSON.parse(readFileSync(join(directory, name)))])
  .map(([topic, all]) => {
    const isWanted = (name) => topic.includes(filter) || name.includes(filter);
    return [topic, all.filter(({ tests }) => tests.some(isWanted))];
  })
  .filter(([, mutations]) => mutations.length > 0);

/** Whether every test of the topic passes, and was seen to fail. */
function tryTopic(copy, topic, mutations) {
  const patterns = [...new Set(mutations.flatMap(({ tests }) => tests))];
  const unbroken = run(copy, topic, patterns);
  const failing = unbroken.filter(({ status }) => status === 'failed');
  for (const result of failing)
    console.log(`FAILS UNBROKEN  ${topic}: ${result.fullName}\n    because: ${reasonOf(result)}`);
  const seen = new Set();
  for (const mutation of mutations) {
    const outcome = tryMutation(copy, topic, mutation);
    report(topic, mutation, outcome);
    const failed = outcome.results.filter(({ status }) => status === 'failed');
    for (const { fullName } of failed) seen.add(fullName);
  }
  const names = unbroken.map(({ fullName }) => fullName);
  const unseen = names.filter((name) => !seen.has(name));
  const missing = patterns.filter((pattern) => !names.some((name) => covers(pattern, name)));
  console.log(`${topic}: ${names.length - unseen.length} of ${names.length} tests seen to fail`);
  for (const name of unseen) console.log(`    never seen to fail: ${name}`);
  for (const pattern of missing) console.log(`    no such test: ${pattern}`);
  return failing.length + unseen.length + missing.length === 0;
}

const copy = copyOfTree();
try {
  build(copy);
  const outcomes = wanted.map(([topic, mutations]) => tryTopic(copy, topic, mutations));
  process.exitCode = outcomes.length > 0 && outcomes.every(Boolean) ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
