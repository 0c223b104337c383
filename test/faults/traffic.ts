import type { Span } from './member';

/** What a client met instead of an answer: `connection refused`, `503 dependency_down`, … */
export type Trouble = string;

export const REFUSED = 'connection refused';
export const CUT = 'connection cut';
export const DOWN = '503 dependency_down';

export interface Failure extends Span {
  readonly operation: string;
  /** The process that was asked. */
  readonly member: string;
  readonly trouble: Trouble;
  /** What is wrong with the form of this refusal, if anything. */
  readonly fault: string | null;
}

export interface Answered extends Span {
  readonly operation: string;
  /** Whether what was asked was done. */
  readonly isDone: boolean;
}

/** What all clients did and met. */
export class Traffic {
  readonly answered: Answered[] = [];
  readonly failures: Failure[] = [];
  /** Refreshes whose first answer was lost, by what the next attempt got. */
  readonly refreshes = {
    /** On purpose, and the current pair. */
    lostAndCurrent: 0,
    /** On purpose, after the grace, and a 401. */
    lostAndReused: 0,
    /** By a fault, and a pair. */
    unclearAndCurrent: 0,
    /** By a fault that lasted longer than the grace, and a 401. */
    unclearAndReused: 0,
  };
  /** What no client can account for. */
  readonly surprises: string[] = [];

  /** Notes what is not explained by anything that the client knows. */
  surprise(what: string): void {
    this.surprises.push(`${new Date().toISOString()} ${what}`);
  }
}
