import { Api } from '../support/api';
import type { Check } from './check';

const MOST_MIB = 400;

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly code?: string;
  readonly err?: { readonly name: string };
}

const OUR_FAULT = /^(Type|Reference|Range|Syntax)Error$/;

/** What is said of something that is away or has forgotten. */
const EXPECTED_LINES = new Set([
  'mail not sent',
  'mail left to the sweeper',
  'sweep failed',
  'mail queue',
  'mail worker',
  'rate limits cannot be counted',
  'retention failed',
  'signing keys not read',
]);

export const PROCESS_CHECKS: readonly Check[] = [
  {
    title: 'what was not killed runs on, and is healthy',
    look: async ({ world }) => {
      const wrong: string[] = [];
      for (const { name, origin } of world.members) {
        const health = await new Api(origin).get('health').catch(String);
        if (typeof health === 'string') wrong.push(`${name}: ${health}`);
        else if (health.status !== 200) wrong.push(`${name}: ${health.status} ${health.text}`);
      }
      return { checked: `${world.members.length} processes`, wrong };
    },
  },
  {
    title: 'the logs tell of nothing but the faults',
    look: async ({ world }) => {
      const lines = world.members.flatMap(({ name, logs }) => logs.map((line) => ({ name, line })));
      const wrong = lines
        .filter(({ line }) => !isExpected(line))
        .map(({ name, line }) => `${name}: ${line}`);
      const said = world.members.filter(({ errors }) => errors !== '');
      wrong.push(...said.map(({ name, errors }) => `${name} on stderr: ${errors}`));
      return { checked: `${lines.length} lines`, wrong };
    },
  },
  {
    title: `no process takes more than ${MOST_MIB} MiB of memory`,
    look: async ({ world }) => ({
      checked: world.members.map(({ name, peakMiB }) => `${name} ${peakMiB} MiB`).join(', '),
      wrong: world.members.filter(({ peakMiB }) => peakMiB > MOST_MIB).map(({ name }) => name),
    }),
  },
  {
    title: 'all processes end with 0 when they are told to',
    look: async ({ world }) => {
      await world.stop();
      const codes = world.members.flatMap(({ exitCodes }) => exitCodes);
      return {
        checked: `${codes.length} processes`,
        wrong: codes.filter((code) => code !== 0).map((code) => `ended with ${code}`),
      };
    },
  },
];

function isExpected(line: string): boolean {
  try {
    const { level, msg, code, err } = JSON.parse(line) as LogLine;
    if (!/warn|error|fatal/.test(level)) return true;
    if (OUR_FAULT.test(err?.name ?? '')) return false;
    return EXPECTED_LINES.has(msg) || code === 'dependency_down';
  } catch {
    return false;
  }
}
