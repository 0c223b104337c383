import type { OutboundHttp } from '../../common/http/outbound-http';
import type { OAuthSettings, ProviderSettings } from '../../config/oauth-settings';
import { type Finding, findingsOf } from './finding';

const oauth = findingsOf('oauth');

/** Where the two ready providers take codes. */
const TOKEN_URLS = new Map([
  ['google', 'https://oauth2.googleapis.com/token'],
  ['discord', 'https://discord.com/api/oauth2/token'],
]);

/** The providers that are switched on; with `online`, whether each can be reached from here. */
export async function checkOAuth(
  { providers, allowsPrivateAddresses }: OAuthSettings,
  http: OutboundHttp,
  online: boolean,
): Promise<Finding[]> {
  const active = providers.filter(({ client }) => client !== null);
  if (active.length === 0) return [oauth.ok('no provider is switched on')];
  if (!online) return active.map(describe);
  const ask = (url: string) => http.request(url, { onlyPublic: !allowsPrivateAddresses });
  return Promise.all(active.map((provider) => reach(provider, ask)));
}

const describe = ({ name, redirectUri }: ProviderSettings): Finding =>
  oauth.ok(`${name} is switched on; registered there must be ${redirectUri}`);

type Ask = (url: string) => ReturnType<OutboundHttp['request']>;

async function reach(provider: ProviderSettings, ask: Ask): Promise<Finding> {
  const { name, issuer } = provider;
  try {
    if (issuer) return await discover(provider, issuer, ask);
    const tokenUrl = provider.tokenUrl ?? TOKEN_URLS.get(name);
    if (tokenUrl) await ask(tokenUrl);
    return oauth.ok(`${name} answers`);
  } catch (error) {
    return oauth.fail(
      `${name} does not answer: ${(error as Error).message}`,
      `Let this machine reach it, or correct ${name.toUpperCase()}_….`,
    );
  }
}

/** OIDC Discovery §4.1, and §4.3: the issuer it names must be the one that was asked. */
async function discover({ name }: ProviderSettings, issuer: string, ask: Ask): Promise<Finding> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { status, text } = await ask(url);
  const variable = `${name.toUpperCase()}_ISSUER`;
  if (status !== 200)
    return oauth.fail(`${name} answers ${status} to discovery`, `Correct ${variable}.`);
  const named = issuerIn(text);
  return named === issuer
    ? oauth.ok(`${name} answers discovery`)
    : oauth.fail(`${name} calls itself otherwise`, `Write ${variable} as it does: ${named}`);
}

function issuerIn(text: string): string {
  try {
    const { issuer } = JSON.parse(text) as { issuer?: unknown };
    return typeof issuer === 'string' ? issuer.slice(0, 200) : 'nothing';
  } catch {
    return 'nothing';
  }
}
