/** The names under which a secret travels in a body, a query or a cookie. */
const SECRET_NAME = /(password|token|secret|^code|gatehouse_\w+)$/i;
const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/;
/** What is shorter may be part of something innocent. */
const LEAST_LENGTH = 8;

/** Every secret and every e-mail address that went over the wire in this run. */
export class Secrets {
  private readonly seen = new Set<string>();

  get all(): readonly string[] {
    return [...this.seen];
  }

  add(secret: string): void {
    if (secret.length >= LEAST_LENGTH) this.seen.add(secret);
  }

  /** Whatever is called like a secret, or looks like an address, however deep it lies. */
  addFrom(value: unknown, name = ''): void {
    if (typeof value === 'string') {
      if (SECRET_NAME.test(name) || ADDRESS.test(value)) this.add(value);
    } else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value))
        this.addFrom(inner, Array.isArray(value) ? name : key);
  }

  addFromQuery(query: string): void {
    for (const [name, value] of new URLSearchParams(query)) this.addFrom(value, name);
  }

  /** Authorization, Cookie, Set-Cookie and X-CSRF-Token. */
  addFromHeader(name: string, value: string): void {
    const lower = name.toLowerCase();
    if (lower === 'authorization') this.add(value.replace(/^\S+ +/, ''));
    else if (lower === 'x-csrf-token') this.add(value);
    else if (lower === 'set-cookie') this.addCookie(value.split(';', 1)[0]!);
    else if (lower === 'cookie') for (const pair of value.split(';')) this.addCookie(pair);
    else if (lower === 'location') this.addFromQuery(value.split('?')[1] ?? '');
  }

  private addCookie(pair: string): void {
    this.add(pair.slice(pair.indexOf('=') + 1).trim());
  }
}
