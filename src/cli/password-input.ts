import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from './cli-error';

/** More than any password, and less than a file that was piped in by mistake. */
const MOST_BYTES = 4096;

/**
 * A new password, as it was typed: from the first line of stdin, or asked for twice on a terminal
 * that does not show it. Never from the arguments, which every user of the machine can read.
 * @throws CliError
 */
export async function readNewPassword(fromStdin: boolean): Promise<string> {
  if (fromStdin) return firstLineOfStdin();
  if (process.stdin.isTTY) return askTwice();
  throw new CliError(
    'There is no terminal to ask for the password: pipe it in, and give --password-stdin.',
  );
}

async function firstLineOfStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES || chunk.includes('\n')) break;
  }
  const line = utf8(Buffer.concat(chunks)).split(/\r?\n/, 1)[0]!;
  if (line === '') throw new CliError('No password came on stdin. Pipe it in as the first line.');
  return line;
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CliError('The password on stdin is not UTF-8. Nothing was changed.');
  }
}

/** The prompts go to stderr, the echo nowhere. */
async function askTwice(): Promise<string> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  const lines = reader[Symbol.asyncIterator]();
  const ask = async (prompt: string): Promise<string> => {
    process.stderr.write(prompt);
    const line = await lines.next();
    process.stderr.write('\n');
    // Ctrl-C, Ctrl-D, or a terminal that is gone.
    if (line.done) throw new CliError('Cancelled. Nothing was changed.');
    return line.value;
  };
  try {
    const password = await ask('Password: ');
    if ((await ask('Once more: ')) === password) return password;
    throw new CliError('The two passwords differ. Nothing was changed; try again.');
  } finally {
    reader.close();
  }
}
