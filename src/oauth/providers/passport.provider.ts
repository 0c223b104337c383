import type { Strategy } from 'passport';
import { attempt, type StrategyRequest } from './passport-attempt';
import type {
  AuthorizationAnswer,
  AuthorizationRequest,
  AuthorizationStart,
  OAuthProvider,
} from './oauth-provider';
import type { ProviderProfile } from './provider-profile';

/** A passport strategy as a provider. */
export class PassportProvider implements OAuthProvider {
  constructor(
    readonly name: string,
    readonly displayName: string,
    private readonly strategy: Strategy,
    private readonly read: (profile: unknown) => ProviderProfile,
  ) {}

  async start({ state }: AuthorizationRequest): Promise<AuthorizationStart> {
    const request: StrategyRequest = { query: {}, state, codeVerifier: null };
    const outcome = await attempt(this.strategy, request);
    if (!('redirect' in outcome) || !request.codeVerifier)
      throw new Error('the strategy did not begin with a redirect and PKCE');
    return { url: outcome.redirect, codeVerifier: request.codeVerifier };
  }

  async finish({ code, state, codeVerifier }: AuthorizationAnswer): Promise<ProviderProfile> {
    const outcome = await attempt(this.strategy, { query: { code, state }, state, codeVerifier });
    if (!('profile' in outcome)) throw new Error('the strategy did not end with a profile');
    return this.read(outcome.profile);
  }
}
