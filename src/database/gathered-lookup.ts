interface Lookup<K, R> {
  readonly key: K;
  readonly resolve: (found: R | null) => void;
  readonly reject: (error: unknown) => void;
}

/** While one is answered, Node works on the next. */
const MOST_ON_THEIR_WAY = 2;
const MOST_AT_ONCE = 100;
/** What takes longer is not waited for by others: its connection may be dead, and theirs not. */
const PATIENCE_MS = 500;

/**
 * Answers many lookups with few statements: what is looked up while others are on their way waits
 * for one of those to come back, and then goes together. Nothing is kept: a lookup sees whatever
 * was committed before it was made. If a statement fails, so do the lookups that it was for.
 */
export class GatheredLookup<K, R> {
  private waiting: Lookup<K, R>[] = [];
  private onTheirWay = 0;

  /** @param ask answers each key in its place, with null where nothing was found */
  constructor(private readonly ask: (keys: readonly K[]) => Promise<readonly (R | null)[]>) {}

  find(key: K): Promise<R | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      this.sendIfFree();
    });
  }

  private sendIfFree(): void {
    if (this.onTheirWay >= MOST_ON_THEIR_WAY || this.waiting.length === 0) return;
    this.onTheirWay++;
    const makeRoom = once(() => {
      this.onTheirWay--;
      this.sendIfFree();
    });
    void this.answer(this.waiting.splice(0, MOST_AT_ONCE), makeRoom);
  }

  private async answer(lookups: readonly Lookup<K, R>[], makeRoom: () => void): Promise<void> {
    const impatience = setTimeout(makeRoom, PATIENCE_MS).unref();
    try {
      const found = await this.ask(lookups.map(({ key }) => key));
      lookups.forEach(({ resolve }, n) => resolve(found[n] ?? null));
    } catch (error) {
      lookups.forEach(({ reject }) => reject(error));
    }
    clearTimeout(impatience);
    makeRoom();
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
