import { GatheredLookup } from './gathered-lookup';

interface Asked {
  readonly keys: readonly number[];
  answer(found: readonly (string | null)[]): void;
  fail(error: Error): void;
}

/** A lookup, and the statements that it has sent. */
function watched() {
  const asked: Asked[] = [];
  const lookup = new GatheredLookup<number, string>(
    (keys) => new Promise((answer, fail) => void asked.push({ keys, answer, fail })),
  );
  const all = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => lookup.find(from + n));
  return { asked, all };
}

const settle = () => new Promise((done) => setImmediate(done));
const words = (keys: readonly number[]) => keys.map((key) => `found ${key}`);
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('lookups that are gathered', () => {
  it('go at once while nothing is on its way, and together after that', async () => {
    const { asked, all } = watched();
    const found = all(1, 40);
    expect(asked.map(({ keys }) => keys)).toEqual([[1], [2]]);
    asked[0]!.answer(words([1]));
    await settle();
    expect(asked[2]!.keys).toEqual(range(3, 40));
    asked[1]!.answer(words([2]));
    asked[2]!.answer(words(asked[2]!.keys));
    await expect(Promise.all(found)).resolves.toEqual(words(range(1, 40)));
    expect(asked).toHaveLength(3);
  });

  it('are each answered in their place, null where nothing is found', async () => {
    const { asked, all } = watched();
    const found = all(1, 5);
    asked[0]!.answer(['one']);
    asked[1]!.answer([]);
    await settle();
    asked[2]!.answer([null, 'four']);
    await expect(Promise.all(found)).resolves.toEqual(['one', null, null, 'four', null]);
  });

  it('ask for a hundred at most with one statement', async () => {
    const { asked, all } = watched();
    const found = all(1, 252);
    for (let n = 0; n < 5; n++) {
      asked[n]!.answer(words(asked[n]!.keys));
      await settle();
    }
    expect(asked.map(({ keys }) => keys.length)).toEqual([1, 1, 100, 100, 50]);
    await expect(Promise.all(found)).resolves.toEqual(words(range(1, 252)));
  });

  it('fail together, and the next ones are asked for again', async () => {
    const { asked, all } = watched();
    const found = all(1, 4);
    asked[0]!.answer(words([1]));
    asked[1]!.answer(words([2]));
    await settle();
    asked[2]!.fail(new Error('connection lost'));
    const outcomes = await Promise.allSettled(found);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    const [again] = all(5, 5);
    asked[3]!.answer(words([5]));
    await expect(again).resolves.toBe('found 5');
  });

  it('do not wait for a statement that hangs, nor are they more at once when it comes back', async () => {
    jest.useFakeTimers();
    try {
      const { asked, all } = watched();
      const found = all(1, 5);
      await jest.advanceTimersByTimeAsync(499);
      expect(asked).toHaveLength(2);
      await jest.advanceTimersByTimeAsync(1);
      expect(asked.map(({ keys }) => keys)).toEqual([[1], [2], [3, 4, 5]]);
      asked.forEach(({ keys, answer }) => answer(words(keys)));
      await expect(Promise.all(found)).resolves.toEqual(words(range(1, 5)));
      void all(6, 9);
      expect(asked.map(({ keys }) => keys).slice(3)).toEqual([[6], [7]]);
    } finally {
      jest.useRealTimers();
    }
  });
});
