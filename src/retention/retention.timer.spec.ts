import type { Random } from '../common/random/random';
import type { RetentionService } from './retention.service';
import { RetentionTimer } from './retention.timer';

const MINUTE = 60_000;

describe('RetentionTimer', () => {
  const run = jest.fn(async () => {});
  const stop = jest.fn();
  let uuid = '00000000-';
  let timer: RetentionTimer;
  beforeEach(() => {
    jest.useFakeTimers();
    jest.clearAllMocks();
    timer = new RetentionTimer(
      { run, stop } as unknown as RetentionService,
      { uuid: () => uuid } as Random,
    );
  });
  afterEach(() => jest.useRealTimers());

  it.each([
    ['00000000-', 2, 54],
    ['80000000-', 3.5, 60],
    ['ffffffff-', 5, 66],
  ])('runs some minutes after the start and then about hourly (%s)', async (dice, first, again) => {
    uuid = dice;
    timer.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(first * MINUTE - 10);
    expect(run).toHaveBeenCalledTimes(0);
    await jest.advanceTimersByTimeAsync(10);
    expect(run).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(again * MINUTE - 10);
    expect(run).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(10);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('never runs twice at once, however long a run takes', async () => {
    let finish = (): void => {};
    run.mockImplementationOnce(() => new Promise<void>((resolve) => (finish = resolve)));
    timer.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(600 * MINUTE);
    expect(run).toHaveBeenCalledTimes(1);
    finish();
    await jest.advanceTimersByTimeAsync(66 * MINUTE);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('lets a run end at shutdown, and starts no other', async () => {
    let finish = (): void => {};
    run.mockImplementationOnce(() => new Promise<void>((resolve) => (finish = resolve)));
    timer.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(5 * MINUTE);
    let isDown = false;
    const shutdown = timer.beforeApplicationShutdown().then(() => (isDown = true));
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect([stop.mock.calls.length, isDown]).toEqual([1, false]);
    finish();
    await shutdown;
    await jest.advanceTimersByTimeAsync(600 * MINUTE);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('that has not run yet ends at once', async () => {
    timer.onApplicationBootstrap();
    await timer.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(600 * MINUTE);
    expect(run).not.toHaveBeenCalled();
  });
});
