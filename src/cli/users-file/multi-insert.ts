type Type = 'uuid' | 'text' | 'boolean' | 'timestamptz';

export type Columns = Readonly<Record<string, Type>>;

/** A row of these columns. Times go as JSON has them, in UTC. */
export type RowOf<C extends Columns> = {
  readonly [N in keyof C]: (C[N] extends 'boolean' ? boolean : string | Date) | null;
};

/**
 * Inserts any number of rows, each of which a unique index may refuse while the others are taken;
 * returns the first column of those that were. Its one parameter is `JSON.stringify` of the rows:
 * arrays of values would be escaped one by one in JavaScript.
 */
export function multiInsert(table: string, columns: Columns): string {
  const names = Object.keys(columns);
  const types = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  return `INSERT INTO ${table} (${names.join(', ')})
    SELECT ${names.join(', ')} FROM json_to_recordset($1) AS row (${types.join(', ')})
    ON CONFLICT DO NOTHING RETURNING ${names[0]} AS key`;
}
