import type { Answer } from '../api';
import { type Cookie, CookieJar } from './cookie-jar';

export interface Journey {
  /** Every address that was asked, in order. */
  readonly hops: readonly string[];
  /** The redirect that was not followed any more; null if the last answer is none. */
  readonly location: URL | null;
  readonly answer: Answer;
}

const MOST_HOPS = 10;

/** What a browser says when somebody follows a link. */
const NAVIGATION = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

/** A browser as far as HTTP goes: it keeps cookies, and follows redirects when told to. */
export class UserAgent {
  /** Raw `Set-Cookie` headers, oldest first. */
  readonly setCookiesSeen: string[] = [];
  readonly jar: CookieJar;

  constructor(now: () => number = () => Date.now()) {
    this.jar = new CookieJar(now);
  }

  /** Follows nothing. */
  get(url: string | URL, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', new URL(url), { ...NAVIGATION, ...headers });
  }

  /** As a form if the body is `URLSearchParams`, else as JSON. Follows nothing. */
  post(
    url: string | URL,
    body: URLSearchParams | object = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const isForm = body instanceof URLSearchParams;
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    const text = isForm ? body.toString() : JSON.stringify(body);
    return this.send('POST', new URL(url), { 'content-type': type, ...headers }, { body: text });
  }

  /**
   * Follows redirects up to one whose address starts with `until`, or to an answer that is none.
   * Another origin on the way stands for another site, after which `Strict` cookies stay at home.
   * @throws after ten hops
   */
  async follow(start: string | URL, { until }: { readonly until?: string } = {}): Promise<Journey> {
    const hops: string[] = [];
    let url = new URL(start);
    const { origin } = url;
    let comesFromElsewhere = false;
    while (hops.length < MOST_HOPS) {
      hops.push(url.href);
      comesFromElsewhere ||= url.origin !== origin;
      const answer = await this.send('GET', url, NAVIGATION, { comesFromElsewhere });
      const header = answer.headers.get('location');
      if (answer.status < 300 || answer.status > 399 || header === null)
        return { hops, location: null, answer };
      url = new URL(header, url);
      if (until !== undefined && url.href.startsWith(until)) return { hops, location: url, answer };
    }
    throw new Error(`more than ${MOST_HOPS} redirects: ${hops.join(' → ')}`);
  }

  cookies(host: string): Cookie[] {
    return this.jar.of(host);
  }

  private async send(
    method: string,
    url: URL,
    headers: Record<string, string>,
    {
      body,
      comesFromElsewhere = false,
    }: { readonly body?: string; readonly comesFromElsewhere?: boolean } = {},
  ): Promise<Answer> {
    const cookies = this.jar.sentTo(url, comesFromElsewhere);
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method,
      body,
      redirect: 'manual',
      headers: { ...(cookie !== '' && { cookie }), ...headers },
    });
    for (const header of response.headers.getSetCookie()) {
      this.setCookiesSeen.push(header);
      this.jar.store(url, header);
    }
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : null,
    };
  }
}
