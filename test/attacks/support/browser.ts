import type { Answer, Call } from './client';
import type { Person } from './people';
import type { Target } from './target';

export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** In lower case, with their values: `{ path: '/', 'max-age': '1800', httponly: '' }`. */
  readonly attributes: Readonly<Record<string, string>>;
}

const split = (pair: string): [string, string] => {
  const at = pair.indexOf('=');
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
};

export const cookiesSetBy = ({ headers }: Answer): SetCookie[] =>
  headers.getSetCookie().map((line) => {
    const [pair = '', ...attributes] = line.split('; ');
    const [name, value] = split(pair);
    const entries = attributes.map(split).map(([key, given]) => [key.toLowerCase(), given]);
    return { name, value, attributes: Object.fromEntries(entries) };
  });

const isUnder = (path: string, scope: string): boolean =>
  path === scope || path.startsWith(scope.endsWith('/') ? scope : `${scope}/`);

/**
 * A browser that keeps cookies by name and path (RFC 6265 §5.3). On the move: each request is from
 * another address, so that no limit stands between an attack and what it is about.
 */
export class Browser {
  private readonly jar = new Map<string, SetCookie>();
  /** Sent as X-CSRF-Token with whatever is no GET; null sends none. */
  csrfToken: string | null = null;

  constructor(private readonly target: Target) {}

  /** Signs in in cookie mode. */
  static async signedIn(target: Target, person: Person): Promise<Browser> {
    const browser = new Browser(target);
    expect((await browser.signIn(person)).status).toBe(200);
    return browser;
  }

  signIn({ username, password }: Person, call: Call = {}): Promise<Answer> {
    const json = { username, password };
    return this.call('POST', 'auth/login?cookies=true', { json, ...call });
  }

  /** `headers` of the call replace what the browser would send; an empty list sends none. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const full = path.startsWith('/') ? path : `/api/v1/${path}`;
    const cookie = this.cookiesFor(full.split('?')[0]!);
    const headers = {
      ...(cookie && { cookie }),
      ...(this.csrfToken && method !== 'GET' && { 'x-csrf-token': this.csrfToken }),
      ...call.headers,
    };
    const answer = await this.target.client().call(method, path, { ...call, headers });
    this.take(answer);
    return answer;
  }

  /** The Cookie header of a request to this path. */
  cookiesFor(path: string): string {
    return [...this.jar.values()]
      .filter(({ attributes }) => isUnder(path, attributes.path ?? '/'))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  /** The first whose name ends like this: `access`, `refresh` or `csrf`. */
  cookie(ending: string): SetCookie {
    return [...this.jar.values()].find(({ name }) => name.endsWith(ending))!;
  }

  /** Plants a cookie, as a sibling domain or an attacker at the keyboard does. */
  plant(cookie: SetCookie): void {
    this.jar.set(`${cookie.name} ${cookie.attributes.path}`, cookie);
  }

  private take(answer: Answer): void {
    for (const cookie of cookiesSetBy(answer)) {
      if (cookie.attributes['max-age'] === '0')
        this.jar.delete(`${cookie.name} ${cookie.attributes.path}`);
      else this.plant(cookie);
    }
    this.csrfToken = answer.body?.csrf_token ?? this.csrfToken;
  }
}
