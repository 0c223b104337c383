import { type Fault, FAULTS, type Phase } from './faults';
import { Load } from './load';
import type { Ledger } from './ledger';
import { patiently } from './patiently';
import type { Person } from './person';
import { Traffic } from './traffic';
import type { World } from './world';

/** What has to be answered before the first fault, and after each recovery before the next. */
const CALM_ANSWERS = 100;
const WEIGHING_MS = 500;

/** All there is to know of a run, as far as it went. */
export interface Scenario {
  readonly world: World;
  readonly traffic: Traffic;
  readonly phases: Phase[];
  readonly people: readonly Person[];
}

export const ledgersOf = ({ people }: Scenario): Ledger[] =>
  people.map(({ ledger }) => ledger).filter(({ isRegistered }) => isRegistered);

/** Begins with nobody there, and nothing done. */
export function prepare(world: World, seed: number): { scenario: Scenario; load: Load } {
  const traffic = new Traffic();
  const load = new Load(world, traffic, seed);
  return { scenario: { world, traffic, phases: [], people: load.people }, load };
}

/** Does all to it that can be done, in turn, and waits until everything has settled. */
export async function play(scenario: Scenario, load: Load): Promise<void> {
  const { world } = scenario;
  const weighing = setInterval(() => world.weigh(), WEIGHING_MS);
  try {
    load.start();
    await spell(scenario, null);
    for (const fault of FAULTS) if (world.redis || !fault.needsRedis) await spell(scenario, fault);
    await load.stop();
    await world.settled();
  } finally {
    load.end();
    clearInterval(weighing);
  }
}

/** From a fault until the service has been well again for a while. */
async function spell({ world, traffic, phases }: Scenario, fault: Fault | null): Promise<void> {
  const phase = { fault, from: Date.now(), to: Number.POSITIVE_INFINITY };
  phases.push(phase);
  await fault?.inflict(world);
  await world.recovered();
  const before = traffic.answered.length;
  await patiently('answers', () => traffic.answered.length >= before + CALM_ANSWERS);
  phase.to = Date.now();
}
