import type { FastifyInstance } from 'fastify';

export interface Job {
  /** Of all jobs of its kind. */
  readonly name: string;
  readonly id: string;
  /** What `cause` gave when the job was left; absent where nobody is known to have caused it. */
  readonly cause?: string;
}

/** What the service tells of its work as traces. */
export abstract class Tracing {
  /** Of the request or job at work here; undefined where none is traced. */
  abstract traceId(): string | undefined;

  /** Stands for the request at work here, in a job that it leaves to be done; never a secret. */
  abstract cause(): string | undefined;

  /** Does `work` as a trace of its own, which points to what caused it. */
  abstract run<T>(job: Job, work: () => Promise<T>): Promise<T>;

  /** Names the requests to a server by their routes. To be called before it has any. */
  abstract nameRequests(server: FastifyInstance): void;

  /** Is told when traces begin to be lost, and not again before one has been delivered. */
  abstract onLoss(tell: (reason: Error) => void): void;

  /** Delivers what is left, for a second at most. Never rejects. */
  abstract close(): Promise<void>;
}

/** Tells nothing and costs nothing. */
export const NO_TRACING: Tracing = {
  traceId: () => undefined,
  cause: () => undefined,
  run: (_, work) => work(),
  nameRequests: () => {},
  onLoss: () => {},
  close: () => Promise.resolve(),
};
