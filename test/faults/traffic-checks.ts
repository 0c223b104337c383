import type { Check } from './check';
import { overlap } from './member';
import type { Scenario } from './scenario';
import type { Failure } from './traffic';

export const TRAFFIC_CHECKS: readonly Check[] = [
  {
    title: "clients get no error but a well-formed 503, or a killed process's silence in its time",
    look: async (scenario) => ({
      checked: `${scenario.traffic.failures.length} failed attempts`,
      wrong: scenario.traffic.failures
        .filter((failure) => failure.fault !== null || !isExcused(failure, scenario))
        .map(describe),
    }),
  },
  {
    title: 'every answer is one that the person can account for',
    look: async ({ traffic }) => ({
      checked: `${traffic.answered.length} answers`,
      wrong: traffic.surprises,
    }),
  },
];

const isExcused = (failure: Failure, { phases, world }: Scenario): boolean =>
  phases.some((phase) => overlap(phase, failure) && phase.fault?.excuses?.(failure, world));

const describe = ({ operation, member, trouble, fault, from, to }: Failure): string =>
  `${new Date(from).toISOString()} ${operation} at ${member}: ${trouble} ${fault ?? ''} after ${to - from} ms`;
