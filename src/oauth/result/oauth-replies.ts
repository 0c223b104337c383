import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { SessionCookies } from '../../auth/cookies/session-cookies';
import type { TokenPair } from '../../auth/sessions/sessions.service';
import { toTokenPairDto } from '../../auth/sessions/token-pair.dto';
import { DomainError } from '../../common/errors/domain-error';
import { message } from '../../common/http/message.dto';
import { AppConfig } from '../../config/app-config';
import type { Flow } from '../flow/flow';
import type { SignInOutcome } from '../sign-in/oauth-sign-in.service';
import { causesOf } from './causes';

/** What a callback answers with, in each of the four ways of `OAUTH_RESULT`. */
@Injectable()
export class OAuthReplies {
  private readonly logger = new Logger(OAuthReplies.name);

  constructor(
    private readonly cookies: SessionCookies,
    private readonly config: AppConfig,
  ) {}

  async succeed(reply: FastifyReply, flow: Flow, outcome: SignInOutcome): Promise<void> {
    void reply.header('cache-control', 'no-store');
    switch (outcome.kind) {
      case 'linked':
        return this.linked(reply, flow);
      case 'code':
        return this.goOn(reply, flow, { code: outcome.code });
      case 'tokens':
        return this.handOver(reply, flow, outcome.pair);
    }
  }

  /**
   * To the frontend's sign-in page, with the code of what went wrong. The log has the reason.
   * @throws the error itself where the result is json, and whatever is no refusal of ours
   */
  async refuse(reply: FastifyReply, error: unknown): Promise<void> {
    if (!isForPeople(error)) throw error;
    const { code } = error;
    const { id: requestId } = reply.request;
    this.logger.warn({ msg: 'sign-in refused', requestId, code, causes: causesOf(error) });
    // The filter would log the cause whole, with what the provider repeats of what it was sent.
    delete error.cause;
    if (this.config.oauth.result === 'json') throw error;
    const url = new URL(`${this.config.addresses.frontendUrl}/login`);
    url.searchParams.set('error', code);
    await reply.header('cache-control', 'no-store').redirect(url.href, 302);
  }

  private async linked(reply: FastifyReply, flow: Flow): Promise<void> {
    if (this.config.oauth.result !== 'json')
      return this.goOn(reply, flow, { linked: flow.provider });
    await reply.send(message('The sign-in is linked to your account.'));
  }

  private async handOver(reply: FastifyReply, flow: Flow, pair: TokenPair): Promise<void> {
    switch (this.config.oauth.result) {
      case 'json':
        await reply.send(toTokenPairDto(pair));
        return;
      case 'cookie':
        this.cookies.set(reply, pair);
        return this.goOn(reply, flow, {});
      default:
        return this.goOn(reply, flow, {
          access_token: pair.accessToken,
          refresh_token: pair.refreshToken,
        });
    }
  }

  private async goOn(
    reply: FastifyReply,
    { redirectTo }: Flow,
    parameters: Readonly<Record<string, string>>,
  ): Promise<void> {
    const url = new URL(redirectTo ?? `${this.config.addresses.frontendUrl}/auth`);
    await reply.redirect(withParameters(url, parameters).href, 302);
  }
}

/**
 * Sets parameters in place of any of their names, and leaves the rest of the query as it is written:
 * `searchParams.set` would make `a+b` of `a%20b`, and `flag=` of `flag`.
 */
function withParameters(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const isReplaced = (pair: string): boolean =>
    [...new URLSearchParams(pair).keys()].some((name) => Object.hasOwn(parameters, name));
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !isReplaced(pair));
  url.search = [...kept, String(new URLSearchParams(parameters))].filter(Boolean).join('&');
  return url;
}

/** What `docs/errors.md` says of sign-ins at providers; a wrong URL or an outage of ours is not. */
const FOR_PEOPLE = new Set([
  'access_denied',
  'state_mismatch',
  'provider_error',
  'provider_email_unverified',
  'identity_taken',
  'provider_already_linked',
  'account_disabled',
  'unauthenticated',
]);

const isForPeople = (error: unknown): error is DomainError =>
  error instanceof DomainError && FOR_PEOPLE.has(error.code);
