import { Injectable } from '@nestjs/common';
import { OutboundHttp } from '../../common/http/outbound-http';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import type { ProviderSettings } from '../../config/oauth-settings';
import { ProviderNotConfiguredError, UnknownProviderError } from '../oauth.errors';
import { discordProvider } from './discord.provider';
import { googleProvider } from './google.provider';
import type { ActiveProvider, OAuthProvider } from './oauth-provider';
import { OidcProvider } from './oidc.provider';
import { PlainOAuth2Provider } from './plain-oauth2.provider';

/** The providers of this service, by name: two come ready, any other is configuration. */
@Injectable()
export class ProviderRegistry {
  private readonly known: ReadonlyMap<string, ProviderSettings>;
  private readonly active: ReadonlyMap<string, OAuthProvider>;

  constructor(
    { oauth }: AppConfig,
    private readonly http: OutboundHttp,
    private readonly clock: Clock,
  ) {
    const onlyPublic = !oauth.allowsPrivateAddresses;
    this.known = new Map(oauth.providers.map((settings) => [settings.name, settings]));
    this.active = new Map(
      oauth.providers
        .filter((settings): settings is ActiveProvider => settings.client !== null)
        .map((settings) => [settings.name, this.make(settings, onlyPublic)]),
    );
  }

  /** Those that are switched on, in the order of the configuration. */
  list(): readonly OAuthProvider[] {
    return [...this.active.values()];
  }

  /** @throws UnknownProviderError, ProviderNotConfiguredError */
  get(name: string): OAuthProvider {
    const provider = this.active.get(name);
    if (provider) return provider;
    throw this.known.has(name) ? new ProviderNotConfiguredError() : new UnknownProviderError();
  }

  /** How people know it; the bare name where it is configured no more. */
  displayNameOf(name: string): string {
    return this.known.get(name)?.displayName ?? name;
  }

  private make(settings: ActiveProvider, onlyPublic: boolean): OAuthProvider {
    if (settings.name === 'google') return googleProvider(settings, this.http, onlyPublic);
    if (settings.name === 'discord') return discordProvider(settings, this.http, onlyPublic);
    const { issuer, authorizationUrl, tokenUrl, userinfoUrl } = settings;
    if (issuer) return new OidcProvider({ ...settings, issuer }, this.http, onlyPublic, this.clock);
    // The configuration has made sure of these.
    const endpoints = {
      authorizationUrl: authorizationUrl!,
      tokenUrl: tokenUrl!,
      userinfoUrl: userinfoUrl!,
    };
    return new PlainOAuth2Provider({ ...settings, ...endpoints }, this.http, onlyPublic);
  }
}
