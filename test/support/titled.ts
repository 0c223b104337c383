const LONGEST = 40;

/** Rows for `it.each` of values that are too long to be the name of their own test. */
export const titled = (values: readonly string[]): (readonly [title: string, value: string])[] =>
  values.map((value) => [
    value.length > LONGEST ? `${value.slice(0, LONGEST)}… (${value.length})` : value,
    value,
  ]);
