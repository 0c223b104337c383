import { Injectable } from '@nestjs/common';
import { Random } from '../../common/random/random';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import type { Tx } from '../../database/unit-of-work';
import {
  AccessDeniedError,
  ProviderError,
  RedirectNotAllowedError,
  StateMismatchError,
} from '../oauth.errors';
import type { OAuthProvider } from '../providers/oauth-provider';
import type { ProviderProfile } from '../providers/provider-profile';
import { ProviderRegistry } from '../providers/provider-registry';
import { type Flow, FLOW_SECONDS } from './flow';
import { FlowCookies } from './flow-cookies';
import { FlowSeal } from './flow-seal';
import { allowedTarget } from './redirect-targets';
import { SpentFlowsRepository } from './spent-flows.repository';

/** What a request brings to begin a flow. */
export interface FlowRequest {
  readonly provider: string;
  readonly redirectTo: string | null;
  readonly linker: Flow['linker'];
  readonly cookieHeader: string | undefined;
}

export interface FlowStart {
  readonly authorizationUrl: string;
  /** Set-Cookie lines. */
  readonly cookies: readonly string[];
}

/** The query of a callback; absent, repeated and odd parameters are null. */
export interface Callback {
  readonly provider: string;
  readonly state: string | null;
  readonly code: string | null;
  readonly error: string | null;
  readonly iss: string | null;
  readonly cookieHeader: string | undefined;
}

/** The authorization code flow with PKCE S256, `state` and `nonce`, bound to one browser, used once. */
@Injectable()
export class FlowsService {
  constructor(
    private readonly providers: ProviderRegistry,
    private readonly seal: FlowSeal,
    private readonly cookies: FlowCookies,
    private readonly spent: SpentFlowsRepository,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Where to send the browser, and the cookie that lets it come back, for ten minutes.
   * @throws UnknownProviderError, ProviderNotConfiguredError, RedirectNotAllowedError, ProviderError
   */
  async begin({
    provider: name,
    redirectTo,
    linker,
    cookieHeader,
  }: FlowRequest): Promise<FlowStart> {
    const provider = this.providers.get(name);
    const target = redirectTo === null ? null : this.demandAllowed(redirectTo);
    const secrets = { state: this.random.secret(32), nonce: this.random.secret(32) };
    const { url, codeVerifier } = await provider.start(secrets).catch(asProviderError);
    const sealed = await this.seal.seal({
      ...secrets,
      id: this.random.uuid(),
      provider: name,
      codeVerifier,
      redirectTo: target?.href ?? null,
      linker,
      expiresAt: this.clock.inSeconds(FLOW_SECONDS),
    });
    const cookies = this.cookies.begin(secrets.state, sealed, cookieHeader);
    return { authorizationUrl: url, cookies };
  }

  /**
   * The flow that a callback answers: begun in this browser, at this provider, not ten minutes ago,
   * and not answered before. It is spent here, whatever comes of it: of N concurrent callers with
   * one callback, one goes on.
   * @throws UnknownProviderError, ProviderNotConfiguredError, StateMismatchError
   */
  async resume({ provider, state, cookieHeader }: Callback): Promise<Flow> {
    this.providers.get(provider);
    const sealed = state && this.cookies.find(state, cookieHeader);
    const flow = sealed && (await this.seal.open(sealed));
    // The provider too, or one could answer in another's name (RFC 9700 §4.4).
    if (!flow || flow.state !== state || flow.provider !== provider) throw new StateMismatchError();
    if (!(await this.spent.spend(flow.id, flow.expiresAt, this.clock.now())))
      throw new StateMismatchError();
    return flow;
  }

  /**
   * Whom the provider says it is. Nothing that the provider gave is kept.
   * @throws AccessDeniedError, ProviderError
   */
  async identify(flow: Flow, { code, error, iss }: Callback): Promise<ProviderProfile> {
    if (error === 'access_denied') throw new AccessDeniedError();
    if (error !== null) throw new ProviderError(new Error('the provider answered with an error'));
    if (code === null) throw new ProviderError(new Error('the provider answered without a code'));
    const provider: OAuthProvider = this.providers.get(flow.provider);
    return provider.finish({ ...flow, code, iss }).catch(asProviderError);
  }

  /** The Set-Cookie lines that forget a flow, whoever's it is. */
  forget({ state }: Pick<Callback, 'state'>): readonly string[] {
    return state === null ? [] : [this.cookies.end(state)];
  }

  /** Forgets at most so many flows that nobody could answer again; says how many it were. */
  purge(tx: Tx, before: Date, most: number): Promise<number> {
    return this.spent.deleteExpired(tx, before, most);
  }

  private demandAllowed(redirectTo: string): URL {
    const { frontendUrl, allowedRedirectUrls } = this.config.addresses;
    const target = allowedTarget(redirectTo, [frontendUrl, ...allowedRedirectUrls]);
    if (!target) throw new RedirectNotAllowedError();
    return target;
  }
}

function asProviderError(cause: unknown): never {
  throw new ProviderError(cause);
}
