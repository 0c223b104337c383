import type { Answer, Call } from './api';
import { PASSWORD, type Person } from './people';
import type { TestApp } from './test-app';

export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** In order, as sent: `['Path=/', 'Max-Age=1800', …]`. */
  readonly attributes: readonly string[];
}

export const cookiesSetBy = ({ headers }: Answer): SetCookie[] =>
  headers.getSetCookie().map((line) => {
    const [pair = '', ...attributes] = line.split('; ');
    const at = pair.indexOf('=');
    return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes };
  });

/** What is set but for the values: `name: Path=/; Max-Age=0; …`. */
export const shapesOf = (answer: Answer): string[] =>
  cookiesSetBy(answer).map(({ name, attributes }) => `${name}: ${attributes.join('; ')}`);

const attributeOf = ({ attributes }: SetCookie, name: string): string | undefined =>
  attributes.find((attribute) => attribute.startsWith(`${name}=`))?.slice(name.length + 1);

const isUnder = (path: string, scope: string): boolean =>
  path === scope || path.startsWith(scope.endsWith('/') ? scope : `${scope}/`);

/** Keeps cookies by name and path, and sends those whose path matches (RFC 6265 §5.1.4 and §5.3). */
export class CookieBrowser {
  private readonly jar = new Map<string, SetCookie>();
  /** What a page keeps in memory and sends as X-CSRF-Token with whatever it changes. */
  csrfToken: string | null = null;

  constructor(private readonly test: TestApp) {}

  /** Signs in in cookie mode. */
  static async signedIn(test: TestApp, { username }: Person): Promise<CookieBrowser> {
    const browser = new CookieBrowser(test);
    const json = { username, password: PASSWORD };
    const answer = await browser.call('POST', 'auth/login?cookies=true', { json });
    expect(answer.status).toBe(200);
    return browser;
  }

  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const full = path.startsWith('/') ? path : `/api/v1/${path}`;
    const cookie = this.cookiesFor(full.split('?')[0]!);
    const answer = await this.test.api.call(method, path, {
      ...call,
      headers: {
        ...(cookie && { cookie }),
        ...(this.csrfToken && method !== 'GET' && { 'x-csrf-token': this.csrfToken }),
        ...call.headers,
      },
    });
    this.take(answer);
    return answer;
  }

  get(path: string, call?: Call): Promise<Answer> {
    return this.call('GET', path, call);
  }

  post(path: string, json?: unknown, call?: Call): Promise<Answer> {
    return this.call('POST', path, { json, ...call });
  }

  /** The Cookie header of a request to this path. */
  cookiesFor(path: string): string {
    return [...this.jar.values()]
      .filter((cookie) => isUnder(path, attributeOf(cookie, 'Path')!))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  /** The value of the cookie whose name ends like this. */
  valueOf(name: string): string {
    return [...this.jar.values()].find((cookie) => cookie.name.endsWith(name))!.value;
  }

  /** Names with their paths, sorted. */
  get kept(): string[] {
    return [...this.jar.keys()].toSorted();
  }

  forget(name: string): void {
    for (const key of this.jar.keys()) if (key.startsWith(name)) this.jar.delete(key);
  }

  /** A second one with the same cookies, as a thief or a late tab has it. */
  copy(): CookieBrowser {
    const other = new CookieBrowser(this.test);
    for (const [key, cookie] of this.jar) other.jar.set(key, cookie);
    other.csrfToken = this.csrfToken;
    return other;
  }

  private take(answer: Answer): void {
    for (const cookie of cookiesSetBy(answer)) {
      const key = `${cookie.name} ${attributeOf(cookie, 'Path')}`;
      if (attributeOf(cookie, 'Max-Age') === '0') this.jar.delete(key);
      else this.jar.set(key, cookie);
    }
    this.csrfToken = answer.body?.csrf_token ?? this.csrfToken;
  }
}
