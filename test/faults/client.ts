import { setTimeout } from 'node:timers/promises';
import { type Answer, Api, type Call } from '../support/api';
import type { Dice } from './dice';
import type { Member } from './member';
import { CUT, REFUSED, type Traffic, type Trouble } from './traffic';

/** Longer than the service may take for anything; not a wish for speed. */
const PATIENCE_MS = 20_000;
/** A client that has heard nothing definite for so long gives up, and the run has failed. */
const GIVES_UP_MS = 90_000;
const LONGEST_REST_MS = 2_000;
const REST_MS = 200;

export interface Settled {
  readonly answer: Answer;
  /** How many earlier attempts may or may not have been carried out. */
  readonly unclear: number;
  /** When the first attempt was sent. */
  readonly firstSentAt: number;
  readonly at: number;
}

interface Attempt {
  readonly answer?: Answer;
  readonly trouble: Trouble | null;
}

/**
 * What stands in a web app's backend: asks one of the processes, and asks again, another one where
 * the connection failed, when Retry-After says where it got a 503.
 */
export class Client {
  constructor(
    private readonly members: readonly Member[],
    private readonly traffic: Traffic,
    private readonly dice: Dice,
  ) {}

  /** Resolves with the first definite answer. @throws Error if there is none for very long */
  async ask(operation: string, path: string, call: Call & { method?: string }): Promise<Settled> {
    const firstSentAt = Date.now();
    let member = this.dice.one(this.members);
    for (let unclear = 0; Date.now() - firstSentAt < GIVES_UP_MS; unclear++) {
      const from = Date.now();
      const { answer, trouble } = await attempt(member, path, call);
      const at = Date.now();
      if (answer && !trouble) {
        this.traffic.answered.push({ operation, isDone: answer.status < 300, from, to: at });
        return { answer, unclear, firstSentAt, at };
      }
      const fault = answer ? faultOf(answer) : null;
      this.traffic.failures.push({
        operation,
        member: member.name,
        trouble: trouble!,
        from,
        to: at,
        fault,
      });
      if (!answer) member = this.another(member);
      await setTimeout(restAfter(answer) + this.dice.below(REST_MS));
    }
    throw new Error(`${operation}: no answer in ${GIVES_UP_MS / 1000} s`);
  }

  private another(member: Member): Member {
    return this.dice.one(this.members.filter((other) => other !== member));
  }
}

async function attempt(
  member: Member,
  path: string,
  { method = 'POST', ...call }: Call & { method?: string },
): Promise<Attempt> {
  const api = new Api(member.origin);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const answer = await api.call(method, path, { ...call, signal });
    const trouble = answer.status >= 500 ? `${answer.status} ${answer.body?.code}` : null;
    return { answer, trouble };
  } catch (error) {
    return { trouble: troubleOf(error as Error) };
  }
}

function troubleOf(error: Error): Trouble {
  if (error.name === 'TimeoutError') return `no answer in ${PATIENCE_MS / 1000} s`;
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return REFUSED;
  if (['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(code ?? '')) return CUT;
  return `${code} ${message}`;
}

/** A refusal says what it is, and when to come again. */
function faultOf({ status, headers, body }: Answer): string | null {
  const type = headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) return `is ${type || 'nothing'}`;
  if (body.status !== status || typeof body.detail !== 'string')
    return 'is not the problem it says';
  return Number(headers.get('retry-after')) >= 1 ? null : 'lacks Retry-After';
}

const restAfter = (answer?: Answer): number =>
  Math.min(LONGEST_REST_MS, Number(answer?.headers.get('retry-after') ?? 0) * 1000 || REST_MS);
