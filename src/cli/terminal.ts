import { once } from 'node:events';

/** For people and programs that read what the command found. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** For people alone: prompts, warnings, progress. */
export const tell = (text: string): void => void process.stderr.write(`${text}\n`);

/** As `print`, and waits while the reader does not keep up. @throws EPIPE if there is none any more */
export async function printAll(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
