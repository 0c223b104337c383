import type { FileHandle } from 'node:fs/promises';
import { tell } from '../terminal';
import { type Refusal, renderRefusal } from './refusal';

/** Without a file, so many are shown as examples. */
const MOST_SHOWN = 10;

/** Every refused line as a line of JSON in the file, or the first few on stderr where there is none. */
export class RefusalReport {
  private shown = 0;

  constructor(private readonly file: FileHandle | null) {}

  async write(refusals: readonly Refusal[]): Promise<void> {
    if (this.file) {
      const lines = refusals.map((refusal) => `${JSON.stringify(refusal)}\n`);
      if (lines.length > 0) await this.file.appendFile(lines.join(''));
      return;
    }
    for (const refusal of refusals.slice(0, MOST_SHOWN - this.shown)) {
      tell(renderRefusal(refusal));
      this.shown++;
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
  }
}
