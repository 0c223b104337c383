import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error';
import { ProblemMap, toProblem } from './problem';

/** Turns whatever was thrown into problem+json. The only place where an error becomes a response. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly problems: ProblemMap) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.reply(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  reply(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = thrown instanceof DomainError ? thrown : this.problems.translate(thrown);
    const row = this.problems.rowOf(error);
    if (row.status >= 500)
      this.logger.error({ requestId: request.id, code: error.code, err: error.cause ?? error });
    const { speaksOAuth = false } = (request.routeOptions?.config ?? {}) as {
      speaksOAuth?: boolean;
    };
    const problem = toProblem(error, row, { id: request.id, speaksOAuth });
    void reply.status(problem.status).headers(problem.headers).send(JSON.stringify(problem.body));
  }
}
