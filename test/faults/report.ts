import type { Check, Finding } from './check';
import type { Phase } from './faults';
import type { Scenario } from './scenario';
import type { Traffic } from './traffic';

type Row = readonly (string | number)[];

/** What was done to one world, what its clients met, and what was found afterwards; in Markdown. */
export function reportOn(scenario: Scenario, findings: ReadonlyMap<Check, Finding>): string {
  const { world, traffic, people } = scenario;
  return [
    `## Queue and limits on ${world.queue}`,
    table(
      ['what was done', 'requests done meanwhile', 'errors that clients met'],
      phases(scenario),
    ),
    `${people.length} people came. What they asked for, until the last fault was over:`,
    table(['asked for', 'done', 'refused, as it had to be'], operations(traffic)),
    table(
      ['answer of a refresh that was lost', 'and the next one with the old token', 'times'],
      refreshes(traffic),
    ),
    mails(scenario),
    table(['checked afterwards', 'looked at', 'wrong'], [...findings].map(found)),
  ].join('\n\n');
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const phases = ({ phases: all, traffic }: Scenario): Row[] =>
  all.map(({ fault, from }, index) => {
    const to = all[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const isMeanwhile = (what: Pick<Phase, 'to'>): boolean => what.to >= from && what.to < to;
    const done = traffic.answered.filter((answer) => answer.isDone && isMeanwhile(answer));
    const met = tally(traffic.failures.filter(isMeanwhile).map(({ trouble }) => trouble));
    const errors = [...met].map(([trouble, count]) => `${count} ${trouble}`).join(', ');
    return [fault?.title ?? 'nothing yet', done.length, errors || 'none'];
  });

function operations({ answered }: Traffic): Row[] {
  const names = (isDone: boolean): string[] =>
    answered.filter((answer) => answer.isDone === isDone).map(({ operation }) => operation);
  const [done, refused] = [tally(names(true)), tally(names(false))];
  const all = new Set(answered.map(({ operation }) => operation));
  return [...all].toSorted().map((name) => [name, done.get(name) ?? 0, refused.get(name) ?? 0]);
}

const refreshes = ({ refreshes: counts }: Traffic): Row[] => [
  ['on purpose', 'at once: the same pair', counts.lostAndCurrent],
  ['on purpose', 'after the grace: 401, and the session ended', counts.lostAndReused],
  ['maybe, by a fault', 'a pair', counts.unclearAndCurrent],
  ['by a fault that outlasted the grace', '401, and the session ended', counts.unclearAndReused],
];

function mails({ world: { mails: server } }: Scenario): string {
  const faults = [...server.faults].map(([manner, count]) => `${manner}: ${count}`).join('; ');
  const ids = new Set(server.deliveries.map(({ id }) => id));
  return `The mail server took ${server.deliveries.length} mails, ${ids.size} different ones. What it did otherwise: ${faults}.`;
}

const found = ([{ title }, { checked, wrong }]: [Check, Finding]): Row => [
  title,
  checked,
  wrong.length === 0 ? 'nothing' : `**${wrong.length}**`,
];

function tally(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
