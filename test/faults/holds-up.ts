import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildService } from '../support/service';
import { ACCOUNT_CHECKS } from './account-checks';
import type { Check, Finding } from './check';
import { MAIL_CHECKS } from './mail-checks';
import { PROCESS_CHECKS } from './process-checks';
import { reportOn } from './report';
import { play, prepare } from './scenario';
import { TRAFFIC_CHECKS } from './traffic-checks';
import { type QueueStore, World } from './world';

const MINUTE = 60_000;
const SEED = Number(process.env.FAULTS_SEED ?? 20_261_121);
/** Of what is wrong in one respect, in the failure's message. */
const SHOWN = 20;
const REPORTS = process.env.FAULTS_REPORTS;

/** In this order: none changes what one below it looks at. */
const CHECKS: readonly Check[] = [
  ...TRAFFIC_CHECKS,
  ...MAIL_CHECKS,
  ...ACCOUNT_CHECKS,
  ...PROCESS_CHECKS,
];

/** The tests of one world: it is put through all faults, and then a test for each check. */
export function holdsUp(queue: QueueStore): void {
  const findings = new Map<Check, Finding>();
  let world: World | undefined;
  beforeAll(async () => {
    buildService();
    world = await World.start(queue);
    const { scenario, load } = prepare(world, SEED);
    try {
      await play(scenario, load);
      for (const check of CHECKS) findings.set(check, await check.look(scenario));
    } finally {
      if (REPORTS) writeFileSync(join(REPORTS, `${queue}.md`), reportOn(scenario, findings));
    }
  }, 10 * MINUTE);
  afterAll(() => world?.destroy());

  it.each(CHECKS)('$title', (check) => {
    expect(findings.get(check)!.wrong.slice(0, SHOWN)).toEqual([]);
  });
}
