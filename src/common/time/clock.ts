/** The only source of "now" for business rules. SQL takes it as a parameter, never `now()`. */
export abstract class Clock {
  abstract now(): Date;

  /** Seconds since the epoch, as JWT claims count them (RFC 7519 §2, NumericDate). */
  nowSeconds(): number {
    return Math.floor(this.now().getTime() / 1000);
  }

  /** The moment `seconds` from now; a negative number looks back. */
  inSeconds(seconds: number): Date {
    return new Date(this.now().getTime() + seconds * 1000);
  }
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
