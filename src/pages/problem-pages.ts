import type { FastifyInstance } from 'fastify';
import { html } from '../common/http/html';
import type { ProblemBody } from '../common/http/problem';
import type { AppConfig } from '../config/app-config';
import { type Page, PAGE_HEADERS, renderPage } from './page';

/**
 * Shows a refusal of a hosted page to a browser as a page as well, with its status and headers:
 * somebody came there from a mail, and can do nothing with problem+json. Refusals come from hooks
 * and parsers too, which no filter of a controller sees.
 */
export function showProblemsAsPages(server: FastifyInstance, config: AppConfig): void {
  server.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/pages/')) return;
    route.onSend = ({ headers }, reply, payload, done) => {
      const isProblem = String(reply.getHeader('content-type')).includes('problem+json');
      const isForPeople = headers.accept?.includes('text/html') ?? false;
      if (!isProblem || !isForPeople || typeof payload !== 'string') return done(null, payload);
      const problem = JSON.parse(payload) as ProblemBody;
      void reply.headers(PAGE_HEADERS);
      done(null, renderPage(config, pageOf(problem, reply.getHeader('retry-after'))));
    };
  });
}

const pageOf = ({ title, detail }: ProblemBody, retryAfter: unknown): Page => ({
  title,
  body: html`<p>${retryAfter === undefined ? detail : tryAgain(Number(retryAfter))}</p>`,
});

function tryAgain(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return `Try again in ${minutes > 1 ? `${minutes} minutes` : 'a minute'}. Your link stays good.`;
}
