import { RateLimiterMemory } from 'rate-limiter-flexible';
import { LimitCounter } from './limit-counter';
import { LimitsUnavailableError } from './limits.errors';

const LIMIT = { points: 3, seconds: 60 };

/** A store that can be taken away. */
class Store extends RateLimiterMemory {
  isDown = false;

  override penalty(...args: Parameters<RateLimiterMemory['penalty']>) {
    return this.isDown ? Promise.reject(new Error('down')) : super.penalty(...args);
  }

  override reward(...args: Parameters<RateLimiterMemory['reward']>) {
    return this.isDown ? Promise.reject(new Error('down')) : super.reward(...args);
  }
}

let store: Store;
let faults: string[];

const counter = (whenDown: 'open' | 'memory', seconds = LIMIT.seconds): LimitCounter =>
  new LimitCounter(store, {
    name: 'login',
    limit: { ...LIMIT, seconds },
    whenDown,
    onFault: (name, decision) => void faults.push(`${name} ${decision}`),
  });

beforeEach(() => {
  store = new Store({ points: LIMIT.points, duration: LIMIT.seconds });
  faults = [];
});

describe('a store that is down', () => {
  it('is made up for in memory as far as the limit goes, and refused beyond', async () => {
    const login = counter('memory');
    store.isDown = true;
    for (const used of [1, 2, 3]) expect((await login.add('ada')).used).toBe(used);
    await expect(login.add('ada')).rejects.toThrow(LimitsUnavailableError);
    expect((await login.add('bob')).used).toBe(1);
    expect(faults).toEqual([...Array(3).fill('login memory'), 'login refused', 'login memory']);
  });

  it('lets through, uncounted, what only protects from nuisance', async () => {
    const mail = counter('open');
    store.isDown = true;
    for (let n = 0; n < 5; n++) expect((await mail.add('ada')).used).toBe(0);
    expect(faults).toEqual(Array(5).fill('login open'));
  });

  it('allows no more for what was given back while it was up', async () => {
    const login = counter('memory');
    for (let n = 0; n < 5; n++) {
      await login.add('ada');
      await login.giveBack('ada');
    }
    store.isDown = true;
    for (let n = 0; n < 3; n++) await login.add('ada');
    await expect(login.add('ada')).rejects.toThrow(LimitsUnavailableError);
  });

  it('takes back what was counted in memory', async () => {
    const login = counter('memory');
    store.isDown = true;
    await login.add('ada');
    await login.giveBack('ada');
    for (const used of [1, 2, 3]) expect((await login.add('ada')).used).toBe(used);
  });

  it('is made up for in a memory that has an end: what was counted longest ago is forgotten', async () => {
    const login = counter('memory');
    store.isDown = true;
    const invent = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await login.add(`name${n}`);
    };
    for (const name of ['ada', 'bob']) await login.add(name);
    await invent(0, 19_998);
    expect((await login.add('ada')).used).toBe(2);
    await invent(19_998, 20_000);
    expect((await login.add('bob')).used).toBe(1);
    expect((await login.add('ada')).used).toBe(3);
    await expect(login.add('ada')).rejects.toThrow(LimitsUnavailableError);
  });

  it('an attempt that is refused keeps its count from being forgotten', async () => {
    const login = counter('memory');
    store.isDown = true;
    for (let n = 0; n < 3; n++) await login.add('ada');
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 10_000; n++) await login.add(`name${round}.${n}`);
      await expect(login.add('ada')).rejects.toThrow(LimitsUnavailableError);
    }
  });

  it('keeps no more blocks in memory than it keeps counts', async () => {
    const blocks = counter('memory');
    await blocks.useUp('ada', 60);
    for (let n = 0; n < 20_000; n++) await blocks.useUp(`name${n}`, 60);
    store.isDown = true;
    expect((await blocks.add('ada')).used).toBe(1);
    await expect(blocks.add('name19999')).rejects.toThrow(LimitsUnavailableError);
  });

  it('is made up for over windows that are longer than a timer can be', async () => {
    const login = counter('memory', 90 * 86_400);
    store.isDown = true;
    await login.add('ada');
    await new Promise((later) => setTimeout(later, 20));
    expect((await login.add('ada')).used).toBe(2);
    await login.clear('ada');
  });
});
