import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../common/errors/domain-error';
import type { ProblemRow } from '../common/http/problem';
import { ProblemFilter } from '../common/http/problem.filter';

/** What FastLaunch's clients know by its sentence or status; whatever else is told as everywhere. */
const WORDS: Readonly<Record<string, Partial<ProblemRow>>> = {
  username_taken: { status: 400, detail: 'Username already taken.' },
  email_taken: { status: 400, detail: 'Email already taken.' },
  invalid_credentials: { detail: 'Invalid username or password.' },
  email_not_verified: { detail: 'Verify your email first.' },
};

/** Tells the services' refusals in FastLaunch's words; `code` and all else stay as they are. */
@Catch(DomainError)
export class DialectFilter implements ExceptionFilter<DomainError> {
  constructor(private readonly problems: ProblemFilter) {}

  catch(error: DomainError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    this.problems.reply(error, request, reply, WORDS[error.code]);
  }
}
