import { Clock } from '../../src/common/time/clock';

/** Stands still until it is moved. */
export class FixedClock extends Clock {
  private current = new Date('2030-01-01T00:00:00Z');

  now(): Date {
    return new Date(this.current);
  }

  advance({ seconds = 0, minutes = 0, hours = 0, days = 0 }): void {
    const total = seconds + 60 * (minutes + 60 * (hours + 24 * days));
    this.current = new Date(this.current.getTime() + total * 1000);
  }
}
