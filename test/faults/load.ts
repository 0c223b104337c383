import { setTimeout } from 'node:timers/promises';
import { Client } from './client';
import { Dice } from './dice';
import { Ledger } from './ledger';
import { Person, type Surroundings } from './person';
import type { Traffic } from './traffic';
import type { World } from './world';

const PEOPLE_AT_ONCE = 24;
const MOST_DEVICES = 3;
/** What somebody does before the next one takes their place. */
const LEAST_DEEDS = 8;
const DEEDS_MORE = 12;
const MOST_REST_MS = 400;

type Deed =
  | 'look'
  | 'refresh'
  | 'refreshAgain'
  | 'refreshTooLate'
  | 'signIn'
  | 'mistype'
  | 'logout'
  | 'logoutAll'
  | 'changePassword'
  | 'resetPassword';

/** As often as here. */
const DEEDS: readonly Deed[] = [
  ...Array<Deed>(6).fill('look'),
  ...Array<Deed>(6).fill('refresh'),
  ...Array<Deed>(3).fill('refreshAgain'),
  'refreshTooLate',
  ...Array<Deed>(4).fill('signIn'),
  'mistype',
  ...Array<Deed>(3).fill('logout'),
  'logoutAll',
  ...Array<Deed>(3).fill('changePassword'),
  ...Array<Deed>(3).fill('resetPassword'),
];

/** Many people at once, each with an account; whoever is done makes room for somebody new. */
export class Load {
  readonly people: Person[] = [];
  private isOver = false;
  private lives: Promise<void>[] = [];

  constructor(
    private readonly world: World,
    private readonly traffic: Traffic,
    private readonly seed: number,
  ) {}

  start(): void {
    this.lives = Array.from({ length: PEOPLE_AT_ONCE }, () => this.generations());
  }

  /** From now on nobody begins anything. */
  end(): void {
    this.isOver = true;
  }

  /** Resolves when everybody has finished what they were about. */
  async stop(): Promise<void> {
    this.end();
    await Promise.all(this.lives);
  }

  private async generations(): Promise<void> {
    while (!this.isOver) {
      const count = this.people.length;
      const dice = new Dice(this.seed + count);
      const person = new Person(new Ledger(`person${count}`), this.surroundings(dice));
      this.people.push(person);
      try {
        await this.live(person, dice);
      } catch (error) {
        this.traffic.surprise(`${person.ledger.username}: ${String(error)}`);
      }
    }
  }

  private async live(person: Person, dice: Dice): Promise<void> {
    if (!(await person.signUp()) || !(await person.verify())) return;
    for (let deeds = LEAST_DEEDS + dice.below(DEEDS_MORE); deeds > 0 && !this.isOver; deeds--) {
      await this.act(person, dice);
      await setTimeout(dice.below(MOST_REST_MS));
    }
  }

  private async act(person: Person, dice: Dice): Promise<void> {
    const { live } = person.ledger;
    const deed = live.length === 0 ? 'signIn' : dice.one(DEEDS);
    if (deed === 'mistype' || deed === 'resetPassword') return person[deed]();
    if (deed !== 'signIn') return person[deed](dice.one(live));
    if (live.length < MOST_DEVICES) await person.signIn();
  }

  private surroundings(dice: Dice): Surroundings {
    const { traffic, world } = this;
    const client = new Client(world.apis, traffic, dice);
    return { client, traffic, dice, mails: world.mails, isOver: () => this.isOver };
  }
}
