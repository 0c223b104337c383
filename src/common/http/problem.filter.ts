import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error';
import { InternalError } from './http.errors';
import { ProblemMap, type ProblemRow, toProblem } from './problem';

/** Turns whatever was thrown into problem+json. The only place where an error becomes a response. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly problems: ProblemMap) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.reply(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** @param dialect what a dialect says otherwise than the problem map */
  reply(
    thrown: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
    dialect: Partial<ProblemRow> = {},
  ): void {
    const error = thrown instanceof DomainError ? thrown : this.problems.translate(thrown);
    const row = { ...this.problems.rowOf(error), ...dialect };
    if (row.status >= 500) this.log(error, request.id);
    const { speaksOAuth = false } = (request.routeOptions?.config ?? {}) as {
      speaksOAuth?: boolean;
    };
    const problem = toProblem(error, row, { id: request.id, speaksOAuth });
    void reply.status(problem.status).headers(problem.headers).send(JSON.stringify(problem.body));
  }

  /** A refusal of ours, such as of too much at once, is no fault: it has neither cause nor stack. */
  private log(error: DomainError, requestId: string): void {
    const { code, cause } = error;
    if (cause === undefined && !(error instanceof InternalError))
      this.logger.warn({ msg: 'refused', requestId, code });
    else this.logger.error({ requestId, code, err: cause ?? error });
  }

  /** A whole HTTP response, for a socket from which no request could be read. */
  rawReply(error: DomainError, id: string, more: Readonly<Record<string, string>>): string {
    const row = this.problems.rowOf(error);
    const problem = toProblem(error, row, { id, speaksOAuth: false });
    const body = JSON.stringify(problem.body);
    const headers = {
      ...more,
      ...problem.headers,
      'x-request-id': id,
      'x-process-time': '0.000000',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const status = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`;
    return [status, ...lines, '', body].join('\r\n');
  }
}
