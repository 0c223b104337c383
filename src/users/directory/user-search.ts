/** Columns of users_search_idx. */
const PUBLIC = ['username', 'display_name'];
const ALL = [...PUBLIC, 'email', 'full_name'];

/** What a trigram index can find within a text: of less it would have to read everything. */
const HAS_TRIGRAM = /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]/u;
const SHORTEST_WITHIN = 3;

/** `%`, `_` and `\` are letters like others to whoever searches. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

/** What `text` is looked for as: anywhere or, if it is too short for the index, at the beginning. */
export function searchPattern(text: string): string {
  const isWithin = Array.from(text).length >= SHORTEST_WITHIN && HAS_TRIGRAM.test(text);
  return isWithin ? `%${literal(text)}%` : `${literal(text)}%`;
}

/**
 * SQL for whether a user of `users u` matches, without regard to case. Only `all` looks at e-mail
 * addresses and full names: what is not shown must not be found out by searching either.
 */
export function searchCondition(
  text: string,
  all: boolean,
  add: (value: unknown) => string,
): string {
  const pattern = add(searchPattern(text));
  const matches = (all ? ALL : PUBLIC).map((column) => `lower(u.${column}) LIKE lower(${pattern})`);
  return `(${matches.join(' OR ')})`;
}
