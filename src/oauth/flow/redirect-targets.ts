/** A URL in letters that no parser reads in two ways: no space, control, backslash or user info. */
const PLAIN_URL = /^https?:\/\/[!#-;=?-[\]_a-z~]+$/i;
/** Servers decode these after our comparison of paths. */
const ENCODED_SEPARATOR = /%(2f|5c)/i;
/** Sealed in a cookie, a longer one would exceed the 4096 bytes that browsers keep (RFC 6265 §6.1). */
const LONGEST = 2048;

/**
 * The URL that `given` names if it lies at or beneath one of `allowed`, else null. Compared as
 * parsed (scheme, host, port and whole path segments), never as text (RFC 9700 §4.1, §4.11).
 */
export function allowedTarget(given: string, allowed: readonly string[]): URL | null {
  if (!PLAIN_URL.test(given) || !URL.canParse(given)) return null;
  const target = new URL(given);
  if (target.username !== '' || target.password !== '' || target.href.length > LONGEST) return null;
  return allowed.some((place) => isAtOrBeneath(target, new URL(place))) ? target : null;
}

function isAtOrBeneath(target: URL, place: URL): boolean {
  if (target.origin !== place.origin) return false;
  const folder = place.pathname.replace(/\/+$/, '');
  if (folder === '') return true;
  return (
    !ENCODED_SEPARATOR.test(target.pathname) &&
    (target.pathname === folder || target.pathname.startsWith(`${folder}/`))
  );
}
