import { setTimeout } from 'node:timers/promises';
import type { Answer, Client } from './support/client';
import { newPassword, newPerson, type Person } from './support/people';
import { expectProblem } from './support/problems';
import { needing, useTarget } from './support/target';

const STREAK = 10;
const WRONG_A_DAY = 25;
const FIRST_BLOCK = 2;

// What takes minutes and a day by default, in seconds.
const target = useTarget({
  RATE_LIMIT_LOGIN: '1000/60s',
  RATE_LIMIT_LOGIN_IP: '1000/60s',
  RATE_LIMIT_LOGIN_STREAK: `${STREAK}/${FIRST_BLOCK}s`,
  RATE_LIMIT_LOGIN_WRONG_IP: `${WRONG_A_DAY}/1d`,
});

const attack = needing('settings');

const wrongPassword = newPassword();

const login = (client: Client, { username }: Person, password: string): Promise<Answer> =>
  client.post('auth/login', { username, password });

const guess = (client: Client, person: Person): Promise<Answer> =>
  login(client, person, wrongPassword);

const secondsOf = ({ headers }: Answer): number => Number(headers.get('retry-after'));

/** Waits for as long as a refusal says. */
const waitAfter = (refusal: Answer): Promise<void> => setTimeout(secondsOf(refusal) * 1000);

async function wrongInARow(client: Client, person: Person, times: number): Promise<void> {
  for (let n = 0; n < times; n++)
    expectProblem(await guess(client, person), 401, 'invalid_credentials');
}

describe('lockout', () => {
  attack(
    'CWE-307: after ten wrong passwords in a row not even the right one is looked at',
    async () => {
      const [person, client] = [await newPerson(target), target.client()];
      await wrongInARow(client, person, STREAK);
      for (let n = 0; n < 3; n++)
        expectProblem(await login(client, person, person.password), 429, 'rate_limited');
    },
  );

  attack('CWE-307: each block is twice as long as the one before', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    await wrongInARow(client, person, STREAK);
    const seconds: number[] = [];
    for (let level = 0; level < 3; level++) {
      const refusal = await guess(client, person);
      expectProblem(refusal, 429, 'rate_limited');
      seconds.push(secondsOf(refusal));
      await waitAfter(refusal);
      // One try, and if that is wrong, the next block.
      if (level < 2) await wrongInARow(client, person, 1);
    }
    for (const [level, waited] of seconds.entries()) {
      const whole = FIRST_BLOCK * 2 ** level;
      expect(waited).toBeGreaterThan(whole / 2);
      expect(waited).toBeLessThanOrEqual(whole);
    }
  });

  attack('CWE-307: when a block ends one guess is looked at, of however many at once', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    await wrongInARow(client, person, STREAK);
    await waitAfter(await guess(client, person));
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess(client, person)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  attack('CWE-307: of thirty guesses at once ten are looked at', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess(client, person)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(STREAK);
  });

  attack('CWE-307: a refusal while blocked neither extends the block nor counts', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    await wrongInARow(client, person, STREAK);
    const refusals = [];
    for (let n = 0; n < 20; n++) refusals.push(await guess(client, person));
    for (const refusal of refusals) expect([401, 429]).toContain(refusal.status);
    let last = await guess(client, person);
    // If the block has ended meanwhile, that began the next one.
    if (last.status === 401) last = await guess(client, person);
    expectProblem(last, 429, 'rate_limited');
    expect(secondsOf(last)).toBeLessThanOrEqual(2 * FIRST_BLOCK);
    await waitAfter(last);
    expect((await login(client, person, person.password)).status).toBe(200);
  });

  attack('CWE-645: the owner, elsewhere, gets in while a stranger is blocked', async () => {
    const [person, stranger] = [await newPerson(target), target.client()];
    await wrongInARow(stranger, person, STREAK);
    const owner = target.client();
    expect((await login(owner, person, person.password)).status).toBe(200);
    // And that does not let the stranger go on.
    expectProblem(await guess(stranger, person), 429, 'rate_limited');
  });

  attack(
    'CWE-307: a right password of one’s own does not forgive guesses at another’s',
    async () => {
      const [victim, mallory, client] = [
        await newPerson(target),
        await newPerson(target),
        target.client(),
      ];
      for (let n = 0; n < STREAK; n++) {
        expectProblem(await guess(client, victim), 401, 'invalid_credentials');
        expect((await login(client, mallory, mallory.password)).status).toBe(200);
      }
      expectProblem(await login(client, victim, victim.password), 429, 'rate_limited');
    },
  );

  attack(
    'CWE-307 (password spraying): so many wrong a day from one address, and no more',
    async () => {
      const [person, client] = [await newPerson(target), target.client()];
      const people = await Promise.all(Array.from({ length: 5 }, () => newPerson(target)));
      for (let n = 0; n < WRONG_A_DAY; n++)
        expectProblem(await guess(client, people[n % 5]!), 401, 'invalid_credentials');
      const refusal = await login(client, person, person.password);
      expectProblem(refusal, 429, 'rate_limited');
      expect(secondsOf(refusal)).toBeGreaterThan(12 * 3600);
      expect((await login(target.client(), person, person.password)).status).toBe(200);
    },
  );

  attack('CWE-645: right passwords use nothing up, however many share an address', async () => {
    const [person, client] = [await newPerson(target), target.client()];
    for (let n = 0; n < WRONG_A_DAY + 5; n++)
      expect((await login(client, person, person.password)).status).toBe(200);
  });
});
