import { randomUUID } from 'node:crypto';
import { type FileHandle, link, lstat, open, rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { CliError } from '../cli-error';

/** What these files hold is for whoever runs the command. */
const OWNER_ONLY = 0o600;

/**
 * A file to read from its beginning; `-` is stdin. The caller destroys it.
 * @throws CliError if it cannot be read
 */
export async function openInput(path: string): Promise<Readable> {
  if (path === '-') return process.stdin;
  const handle = await open(path).catch((error: unknown) => refuse(path, 'read', error));
  if ((await handle.stat()).isDirectory()) {
    await handle.close();
    throw new CliError(`${path} is a directory. Name a file of JSON lines.`);
  }
  return handle.createReadStream();
}

/** Anew, in place of what was there. @throws CliError if that is what `input` names */
export async function openReport(path: string, input: string): Promise<FileHandle> {
  if (input !== '-' && (await isSameFile(path, input)))
    throw new CliError('--report would overwrite the file that is read. Choose another name.');
  return open(path, 'w', OWNER_ONLY).catch((error: unknown) => refuse(path, 'write', error));
}

/** A file that has its name once it is whole, and never replaces another. */
export class NewFile {
  private constructor(
    private readonly path: string,
    private readonly draft: string,
    private readonly handle: FileHandle,
  ) {}

  /** @throws CliError if there is something of this name */
  static async create(path: string): Promise<NewFile> {
    if (await lstat(path).catch(() => null)) refuseTaken(path);
    // Of its own: one that a killed run left is in nobody's way, and nobody can have put a link there.
    const draft = `${path}.${randomUUID()}.partial`;
    const handle = await open(draft, 'wx', OWNER_ONLY).catch((error: unknown) =>
      refuse(path, 'write', error),
    );
    return new NewFile(path, draft, handle);
  }

  /** @throws CliError if the disk does not take it */
  async write(text: string): Promise<void> {
    await this.handle.appendFile(text).catch((error: unknown) => refuse(this.path, 'write', error));
  }

  /** On the disk, and under its name. @throws CliError if something has that name by now */
  async finish(): Promise<void> {
    try {
      await this.handle.sync();
      await this.handle.close();
      // Not rename, which replaces what appeared meanwhile.
      await link(this.draft, this.path);
      await rm(this.draft);
    } catch (error) {
      refuse(this.path, 'write', error);
    }
  }

  /** Leaves nothing behind; may follow `finish`. */
  async abandon(): Promise<void> {
    // Whoever abandons has a reason to tell, which a disk that is gone must not hide.
    await this.handle.close().catch(() => undefined);
    await rm(this.draft, { force: true }).catch(() => undefined);
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)));
  return Boolean(a && b) && a!.ino === b!.ino && a!.dev === b!.dev;
}

function refuseTaken(path: string): never {
  throw new CliError(`${path} is there already. Choose another name, or remove it.`);
}

function refuse(path: string, verb: string, error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') refuseTaken(path);
  const why = code === 'ENOENT' ? 'there is no such file or directory' : String(code);
  throw new CliError(`Cannot ${verb} ${path}: ${why}.`);
}
