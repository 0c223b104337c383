type Level = 'ok' | 'warn' | 'fail';

/** One thing that was looked at. What is not well says what to do about it. */
export interface Finding {
  readonly level: Level;
  readonly topic: string;
  readonly message: string;
  readonly fix?: string;
}

/** The findings of one topic, in the words of its check. Never a secret. */
export const findingsOf = (topic: string) => ({
  ok: (message: string): Finding => ({ level: 'ok', topic, message }),
  warn: (message: string, fix: string): Finding => ({ level: 'warn', topic, message, fix }),
  fail: (message: string, fix: string): Finding => ({ level: 'fail', topic, message, fix }),
});

/** A line a finding, and below what is not well a line that says what to do. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ topic }) => topic.length));
  const lines = findings.flatMap(({ level, topic, message, fix }) => [
    `${level.padEnd(4)}  ${topic.padEnd(width)}  ${message}`,
    ...(fix ? [`${' '.repeat(width + 8)}${fix}`] : []),
  ]);
  const count = (wanted: Level) => findings.filter(({ level }) => level === wanted).length;
  return [
    ...lines,
    '',
    `${count('fail')} failed, ${count('warn')} to look at, ${count('ok')} well`,
  ].join('\n');
}

/** As one line, for programs. */
export const findingsJson = (findings: readonly Finding[]): string =>
  JSON.stringify({ ok: hasPassed(findings), findings });

export const hasPassed = (findings: readonly Finding[]): boolean =>
  findings.every(({ level }) => level !== 'fail');
