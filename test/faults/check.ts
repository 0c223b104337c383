import type { Scenario } from './scenario';

export interface Finding {
  /** What was looked at: `412 accounts`. */
  readonly checked: string;
  /** A line for each thing that is not as it has to be. */
  readonly wrong: readonly string[];
}

export interface Check {
  /** What holds, as a sentence without its subject's capital. */
  readonly title: string;
  readonly look: (scenario: Scenario) => Promise<Finding>;
}

const AT_ONCE = 16;

/** `judge` for each, so many at a time; the lines of those that are not as they have to be. */
export async function judgeAll<T>(
  items: readonly T[],
  judge: (item: T) => Promise<string | null>,
): Promise<string[]> {
  const verdicts: (string | null)[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE)
    verdicts.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(judge))));
  return verdicts.filter((verdict) => verdict !== null);
}
