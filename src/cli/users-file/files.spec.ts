import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../cli-error';
import { NewFile } from './files';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'files-'));
  path = join(directory, 'export.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const taken = () => new CliError(`${path} is there already. Choose another name, or remove it.`);

it('has its name once it is whole, for its owner only, and leaves no draft', async () => {
  const file = await NewFile.create(path);
  await file.write('one\n');
  await file.write('two\n');
  const [draft, ...more] = readdirSync(directory);
  expect(more).toEqual([]);
  expect(draft).toMatch(/^export\.jsonl\..+\.partial$/);
  expect(statSync(join(directory, draft!)).mode & 0o777).toBe(0o600);

  await file.finish();
  expect(readdirSync(directory)).toEqual(['export.jsonl']);
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('leaves nothing when it is abandoned', async () => {
  const file = await NewFile.create(path);
  await file.write('half');
  await file.abandon();
  expect(readdirSync(directory)).toEqual([]);
});

it.each([
  ['a file', () => writeFileSync(path, 'mine')],
  ['a directory', () => mkdirSync(path)],
  ['a link to nowhere', () => symlinkSync(join(directory, 'nowhere'), path)],
])('is not made where there is %s', async (_, put) => {
  put();
  await expect(NewFile.create(path)).rejects.toEqual(taken());
  expect(readdirSync(directory)).toEqual(['export.jsonl']);
});

it.each([
  ['a file', () => writeFileSync(path, 'mine')],
  ['a link', () => symlinkSync(join(directory, 'nowhere'), path)],
])('does not replace %s that appeared meanwhile', async (_, put) => {
  const file = await NewFile.create(path);
  await file.write('ours');
  put();
  const before = lstatSync(path);
  await expect(file.finish()).rejects.toEqual(taken());
  await file.abandon();
  expect(readdirSync(directory)).toEqual(['export.jsonl']);
  expect(lstatSync(path).ino).toBe(before.ino);
});

it('writes through no draft that is there already, be it of a killed run or a planted link', async () => {
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'mine', { mode: 0o644 });
  symlinkSync(victim, `${path}.partial`);
  const killed = await NewFile.create(path);
  await killed.write('half');

  const file = await NewFile.create(path);
  await file.write('whole');
  await file.finish();
  expect(readFileSync(path, 'utf8')).toBe('whole');
  expect(lstatSync(path).isFile()).toBe(true);
  expect(readFileSync(victim, 'utf8')).toBe('mine');
  await killed.abandon();
});

it('says in one line what is in the way', async () => {
  path = join(directory, 'missing', 'export.jsonl');
  await expect(NewFile.create(path)).rejects.toEqual(
    new CliError(`Cannot write ${path}: there is no such file or directory.`),
  );

  path = join(directory, 'export.jsonl');
  const file = await NewFile.create(path);
  const [draft] = readdirSync(directory);
  rmSync(join(directory, draft!));
  await expect(file.finish()).rejects.toBeInstanceOf(CliError);
  await file.abandon();
});
