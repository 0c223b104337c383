import { Telemetry } from '../telemetry/telemetry';
import { HashingLane } from './hashing-lane';
import { OverloadedError } from './limits.errors';

/** Starts jobs on the lane that end when told, and keeps the order they started in. */
class Jobs {
  readonly started: number[] = [];
  private readonly endings = new Map<number, { end: () => void; fail: (error: Error) => void }>();

  constructor(private readonly lane: HashingLane) {}

  add(id: number): Promise<number> {
    return this.lane.run(() => {
      this.started.push(id);
      return new Promise((resolve, reject) => {
        this.endings.set(id, { end: () => resolve(id), fail: reject });
      });
    });
  }

  addAll(count: number): Promise<number>[] {
    return Array.from({ length: count }, (_, id) => this.add(id));
  }

  end = (id: number): void => this.endings.get(id)!.end();
  fail = (id: number): void => this.endings.get(id)!.fail(new Error('job failed'));
}

const thrower = (): Promise<never> => {
  throw new Error('at once');
};

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('HashingLane', () => {
  it.each([
    { cores: 1, poolThreads: 4, slots: 1 },
    { cores: 2, poolThreads: 4, slots: 2 },
    { cores: 3, poolThreads: 4, slots: 3 },
    { cores: 16, poolThreads: 4, slots: 3 },
    { cores: 16, poolThreads: 16, slots: 15 },
    { cores: 16, poolThreads: 32, slots: 16 },
    { cores: 8, poolThreads: 1, slots: 1 },
  ])('has $slots slots on $cores cores with $poolThreads pool threads', ({ slots, ...sizes }) => {
    expect(new HashingLane(sizes, new Telemetry()).slots).toBe(slots);
  });

  it('never has more jobs in flight than slots', async () => {
    const lane = new HashingLane({ cores: 3 }, new Telemetry());
    let most = 0;
    const job = async () => {
      most = Math.max(most, lane.inFlight);
      await settle();
    };
    await Promise.all(Array.from({ length: 60 }, () => lane.run(job)));
    expect(most).toBe(3);
    expect([lane.inFlight, lane.waiting]).toEqual([0, 0]);
  });

  it('starts jobs in order of arrival, and lets no newcomer pass a waiting one', async () => {
    const lane = new HashingLane({ cores: 1 }, new Telemetry());
    const jobs = new Jobs(lane);
    const first = jobs.addAll(3);
    await settle();
    expect([lane.inFlight, lane.waiting]).toEqual([1, 2]);
    jobs.end(0);
    const newcomer = jobs.add(3);
    for (const id of [1, 2, 3]) {
      await settle();
      jobs.end(id);
    }
    await expect(Promise.all([...first, newcomer])).resolves.toEqual([0, 1, 2, 3]);
    expect(jobs.started).toEqual([0, 1, 2, 3]);
  });

  it('refuses at once what exceeds 64 waiting a slot, and takes more when one is done', async () => {
    const lane = new HashingLane({ cores: 2 }, new Telemetry());
    const jobs = new Jobs(lane);
    const taken = jobs.addAll(2 + 2 * 64);
    await expect(jobs.add(1000)).rejects.toThrow(OverloadedError);
    expect([lane.inFlight, lane.waiting]).toEqual([2, 128]);
    jobs.end(0);
    await taken[0];
    void jobs.add(1001);
    expect(lane.waiting).toBe(128);
    expect(jobs.started).not.toContain(1000);
  });

  it('frees the slot of a job that fails, also of one that fails before it awaits', async () => {
    const lane = new HashingLane({ cores: 1 }, new Telemetry());
    const jobs = new Jobs(lane);
    const failing = jobs.add(0);
    const next = jobs.add(1);
    await settle();
    jobs.fail(0);
    await expect(failing).rejects.toThrow('job failed');
    await settle();
    jobs.end(1);
    await expect(next).resolves.toBe(1);
    await expect(lane.run(thrower)).rejects.toThrow('at once');
    expect([lane.inFlight, lane.waiting]).toEqual([0, 0]);
  });

  it('tells whom it refuses how long the queue will take, as jobs have taken lately', async () => {
    const lane = new HashingLane({ cores: 1, waitingPerSlot: 10 }, new Telemetry());
    const refusal = async () => {
      const jobs = new Jobs(lane);
      const all = jobs.addAll(11);
      const error: unknown = await jobs.add(11).catch((reason: unknown) => reason);
      for (let id = 0; id < 11; id++) {
        jobs.end(id);
        await all[id];
        await settle();
      }
      return error;
    };
    await expect(refusal()).resolves.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 1,
      message: 'The service is busy checking passwords. Try again in a few seconds.',
    });

    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 2000));
    for (let times = 0; times < 100; times++) await lane.run(async () => {});
    clock.mockRestore();
    // Ten jobs of two seconds wait.
    await expect(refusal()).resolves.toMatchObject({ retryAfterSeconds: 20 });
  });
});
