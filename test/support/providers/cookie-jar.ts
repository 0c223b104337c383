export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** The host that set it. */
  readonly host: string;
  /** It goes to hosts below, too. */
  readonly isForSubdomains: boolean;
  readonly path: string;
  readonly isSecure: boolean;
  readonly sameSite: 'strict' | 'lax' | 'none';
  /** In milliseconds; null until the browser is closed. */
  readonly expiresAt: number | null;
}

/** What browsers trust as if it came by https. */
const isTrustworthy = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

const isUnder = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/** Cookies by the rules of RFC 6265bis: by host and path, and whatever the port. */
export class CookieJar {
  private kept: Cookie[] = [];

  constructor(private readonly now: () => number) {}

  /** Keeps, replaces, removes or refuses what one `Set-Cookie` header says. */
  store(url: URL, header: string): void {
    const cookie = this.parse(url, header);
    if (!cookie) return;
    this.kept = this.kept.filter(
      ({ name, host, path }) =>
        name !== cookie.name || host !== cookie.host || path !== cookie.path,
    );
    this.kept.push(cookie);
  }

  /** What goes along with a request, longest path first; from elsewhere none that is `Strict`. */
  sentTo(url: URL, comesFromElsewhere = false): Cookie[] {
    return this.of(url.hostname)
      .filter(({ path }) => isUnder(url.pathname, path))
      .filter(({ isSecure }) => !isSecure || isTrustworthy(url))
      .filter(({ sameSite }) => !(comesFromElsewhere && sameSite === 'strict'))
      .toSorted((a, b) => b.path.length - a.path.length);
  }

  of(hostname: string): Cookie[] {
    const reaches = ({ host, isForSubdomains }: Cookie): boolean =>
      host === hostname || (isForSubdomains && hostname.endsWith(`.${host}`));
    const isAlive = ({ expiresAt }: Cookie): boolean =>
      expiresAt === null || expiresAt > this.now();
    return this.kept.filter((cookie) => reaches(cookie) && isAlive(cookie));
  }

  private parse(url: URL, header: string): Cookie | null {
    const [pair = '', ...rest] = header.split(';').map((part) => part.trim());
    const [, name, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) return null;
    const attributes = new Map(
      rest.map((attribute) => {
        const [key = '', text = ''] = attribute.split(/=(.*)/s, 2);
        return [key.trim().toLowerCase(), text.trim()];
      }),
    );
    const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase() ?? '';
    const isSecure = attributes.has('secure');
    if (isSecure && !isTrustworthy(url)) return null;
    if (domain !== '' && domain !== url.hostname && !url.hostname.endsWith(`.${domain}`))
      return null;
    const folder = url.pathname.slice(0, Math.max(1, url.pathname.lastIndexOf('/')));
    const path = attributes.get('path')?.startsWith('/') ? attributes.get('path')! : folder;
    const isHostBound = isSecure && domain === '' && attributes.get('path') === '/';
    if (name.startsWith('__Host-') && !isHostBound) return null;
    if (name.startsWith('__Secure-') && !isSecure) return null;
    const sameSite = attributes.get('samesite')?.toLowerCase();
    return {
      name,
      value,
      host: domain || url.hostname,
      isForSubdomains: domain !== '',
      path,
      isSecure,
      sameSite: sameSite === 'strict' || sameSite === 'none' ? sameSite : 'lax',
      expiresAt: this.expiry(attributes),
    };
  }

  /** `Max-Age` goes before `Expires`; what cannot be read counts as absent. */
  private expiry(attributes: ReadonlyMap<string, string>): number | null {
    const maxAge = attributes.get('max-age') ?? '';
    if (/^-?\d+$/.test(maxAge)) return this.now() + Number(maxAge) * 1000;
    const expires = Date.parse(attributes.get('expires') ?? '');
    return Number.isNaN(expires) ? null : expires;
  }
}
