import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../common/errors/domain-error';
import { clientOf } from '../common/http/client';
import { isStorable } from '../common/http/validation.pipe';
import { isSignInOutcome, type SignInOutcome } from '../telemetry/outcomes';
import { Telemetry } from '../telemetry/telemetry';
import type { Flow } from './flow/flow';
import type { Callback } from './flow/flows.service';
import { FlowsService } from './flow/flows.service';
import { RedirectNotAllowedError } from './oauth.errors';
import { ProviderRegistry } from './providers/provider-registry';
import { OAuthReplies } from './result/oauth-replies';
import { OAuthSignInService } from './sign-in/oauth-sign-in.service';

const LONGEST_PARAMETER = 4096;

type Query = Readonly<Record<string, unknown>>;

/** What a browser is put through on the way to a provider and back, whatever the route is called. */
@Injectable()
export class OAuthBrowser {
  private readonly methods: ReadonlySet<string>;

  constructor(
    private readonly flows: FlowsService,
    private readonly signIns: OAuthSignInService,
    private readonly replies: OAuthReplies,
    private readonly telemetry: Telemetry,
    providers: ProviderRegistry,
  ) {
    this.methods = new Set(providers.list().map(({ name }) => name));
    telemetry.expect({ signInMethods: [...this.methods] });
  }

  /**
   * Sends it to the provider to sign in.
   * @throws UnknownProviderError, ProviderNotConfiguredError, RedirectNotAllowedError
   */
  async leave(provider: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const redirectTo = redirectIn(request.query as Query);
    const { cookie: cookieHeader } = request.headers;
    try {
      const start = await this.flows.begin({ provider, redirectTo, linker: null, cookieHeader });
      await reply
        .headers({ 'set-cookie': [...start.cookies], 'cache-control': 'no-store' })
        .redirect(start.authorizationUrl, 302);
    } catch (error) {
      this.countRefusal(provider, error);
      await this.replies.refuse(reply, error);
    }
  }

  /**
   * Takes it back with the provider's answer, and on to the frontend. Whatever the provider did,
   * that ends in a code that the frontend can read.
   * @throws UnknownProviderError, ProviderNotConfiguredError; any refusal where the result is json
   */
  async comeBack(provider: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // Scanners and previews ask with HEAD (RFC 9110 §9.2.1: it must change nothing).
    if (request.method === 'HEAD') return void (await reply.status(204).send());
    const callback = callbackIn(provider, request);
    void reply.header('set-cookie', this.flows.forget(callback));
    let flow: Flow | null = null;
    try {
      flow = await this.flows.resume(callback);
      const profile = await this.flows.identify(flow, callback);
      const outcome = await this.signIns.complete(flow, profile, clientOf(request));
      if (!flow.linker) this.count('succeeded', provider);
      await this.replies.succeed(reply, flow, outcome);
    } catch (error) {
      if (!flow?.linker) this.countRefusal(provider, error);
      await this.replies.refuse(reply, error);
    }
  }

  private countRefusal(provider: string, error: unknown): void {
    if (error instanceof DomainError && isSignInOutcome(error.code))
      this.count(error.code, provider);
  }

  /** A name that nobody configured is the caller's own. */
  private count(outcome: SignInOutcome, provider: string): void {
    if (this.methods.has(provider)) this.telemetry.signIn(outcome, provider);
  }
}

/** @throws RedirectNotAllowedError for one that is repeated or is no text */
export function redirectIn({ redirect_to: redirectTo }: Query): string | null {
  if (redirectTo === undefined) return null;
  if (typeof redirectTo !== 'string') throw new RedirectNotAllowedError();
  return redirectTo;
}

function callbackIn(provider: string, { query, headers }: FastifyRequest): Callback {
  const parameter = (name: string): string | null => {
    const value = (query as Query)[name];
    const isGood =
      typeof value === 'string' &&
      value !== '' &&
      value.length <= LONGEST_PARAMETER &&
      isStorable(value);
    return isGood ? value : null;
  };
  return {
    provider,
    state: parameter('state'),
    code: parameter('code'),
    error: parameter('error'),
    iss: parameter('iss'),
    cookieHeader: headers.cookie,
  };
}
