import { Logger } from '@nestjs/common';
import type { Random } from '../../common/random/random';
import type { AppConfig, ProcessRole } from '../../config/app-config';
import type { KeyRotation } from './key-rotation.service';
import { KeyRotationTimer } from './key-rotation.timer';

const MINUTE = 60_000;
const HALF = '80000000-';

describe('KeyRotationTimer', () => {
  const tend = jest.fn(async () => {});
  const timerIn = (role: ProcessRole) =>
    new KeyRotationTimer(
      { tend } as unknown as KeyRotation,
      { process: { role } } as AppConfig,
      { uuid: () => HALF } as Random,
    );
  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
    Logger.overrideLogger(false);
  });
  afterEach(() => jest.useRealTimers());

  it.each(['worker', 'all'] as const)(
    'tends the keys some minutes after the start and then about hourly (%s)',
    async (role) => {
      timerIn(role).onApplicationBootstrap();
      for (const [count, minutes] of [7.5, 60, 60].entries()) {
        await jest.advanceTimersByTimeAsync(minutes * MINUTE - 10);
        expect(tend).toHaveBeenCalledTimes(count);
        await jest.advanceTimersByTimeAsync(10);
        expect(tend).toHaveBeenCalledTimes(count + 1);
      }
    },
  );

  it('leaves that to others in a process that only answers', async () => {
    timerIn('api').onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(600 * MINUTE);
    expect(tend).not.toHaveBeenCalled();
  });

  it('goes on after a fault', async () => {
    tend.mockRejectedValueOnce(new Error('the database is away'));
    timerIn('all').onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(68 * MINUTE);
    expect(tend).toHaveBeenCalledTimes(2);
  });

  it('waits at shutdown for what it is at, and begins nothing more', async () => {
    let finish = (): void => {};
    tend.mockImplementationOnce(() => new Promise<void>((resolve) => (finish = resolve)));
    const timer = timerIn('all');
    timer.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(10 * MINUTE);
    let isDown = false;
    const shutdown = timer.beforeApplicationShutdown().then(() => (isDown = true));
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(isDown).toBe(false);
    finish();
    await shutdown;
    await jest.advanceTimersByTimeAsync(600 * MINUTE);
    expect(tend).toHaveBeenCalledTimes(1);
  });
});
