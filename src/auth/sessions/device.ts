import { BROWSER_MAP, parse } from 'bowser';

const UNKNOWN = 'Unknown device';
const SHORT = /^.{1,40}/u;
const BROWSERS: ReadonlySet<string> = new Set(Object.values(BROWSER_MAP));

/**
 * What people call the thing they signed in from: "Firefox on Linux". At most 60 characters without
 * versions, so that one that was updated is still the same. The client chooses its user agent, so of
 * one that is no browser nothing is left that a mail program could make a link of.
 */
export function describeDevice(userAgent: string | null): string {
  if (!userAgent) return UNKNOWN;
  const { browser, os } = parse(userAgent);
  const name = BROWSERS.has(browser.name ?? '') ? browser.name! : product(browser.name, userAgent);
  return os.name ? `${name} on ${os.name}` : name;
}

/** The name of the first product (RFC 9110 §10.1.5): it ends where its version or a comment begins. */
function product(guess: string | undefined, userAgent: string): string {
  const [name] = (guess || userAgent).trim().split(/[\s/(]/, 1);
  const words = name!.replaceAll(/[^\p{L}\p{N}_-]+/gu, ' ').trim();
  return SHORT.exec(words)?.[0] ?? UNKNOWN;
}
